/** Ids in a row whose number is not known beforehand. */
export class IdBuffer {
  #ids: Int32Array<ArrayBuffer>;
  #length = 0;

  constructor(capacity = 64) {
    this.#ids = new Int32Array(Math.max(1, capacity));
  }

  get length(): number {
    return this.#length;
  }

  at(index: number): number {
    return this.#ids[index]!;
  }

  set(index: number, id: number): void {
    this.#ids[index] = id;
  }

  push(id: number): void {
    this.#ensure(this.#length + 1);
    this.#ids[this.#length++] = id;
  }

  /** Appends source[start … end). */
  append(source: Int32Array, start: number, end: number): void {
    this.#ensure(this.#length + end - start);
    for (let i = start; i < end; i++) this.#ids[this.#length++] = source[i]!;
  }

  /** All of them, copied. */
  toArray(): Int32Array<ArrayBuffer> {
    return this.#ids.slice(0, this.#length);
  }

  #ensure(length: number): void {
    if (length <= this.#ids.length) return;
    const grown = new Int32Array(Math.max(length, 2 * this.#ids.length));
    grown.set(this.#ids);
    this.#ids = grown;
  }
}
