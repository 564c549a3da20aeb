/** Two 32-bit FNV-1a hashes side by side (Fowler, Noll & Vo), over the bits of numbers. Made of integer operations, the same everywhere. */
export class BitHash {
  #low = 0x811c9dc5;
  #high = 0x01000193;

  view(values) {
    for (const word of new Uint32Array(values.buffer, values.byteOffset, values.byteLength / 4))
      this.#add(word);
    return this;
  }

  floats(values) {
    return this.view(Float64Array.from(values));
  }

  text(text) {
    for (let i = 0; i < text.length; i++) this.#add(text.charCodeAt(i));
    return this;
  }

  digest() {
    return [this.#low, this.#high].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
  }

  #add(word) {
    for (let shift = 0; shift < 32; shift += 8) {
      const byte = (word >>> shift) & 255;
      this.#low = Math.imul(this.#low ^ byte, 0x01000193);
      this.#high = Math.imul(this.#high ^ byte ^ 0x55, 0x01000193);
    }
  }
}
