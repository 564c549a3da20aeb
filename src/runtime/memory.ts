/** A linear memory that can grow. Growing detaches every typed array over `buffer`, so nobody keeps one. */
export interface LinearMemory {
  readonly buffer: ArrayBufferLike;
  /** Makes the memory at least `bytes` long; false, with nothing changed, where that cannot be had. */
  grow(bytes: number): boolean;
}

/** Bytes of one page of WebAssembly memory. */
export const PAGE_BYTES = 65536;

/** Pages that the compiled kernels declare as their maximum: 4 GiB, all that a 32-bit pointer reaches. */
export const MAXIMUM_PAGES = 65536;

export class WasmMemory implements LinearMemory {
  readonly memory: WebAssembly.Memory;

  constructor(memory = new WebAssembly.Memory({ initial: 1, maximum: MAXIMUM_PAGES })) {
    this.memory = memory;
  }

  get buffer(): ArrayBufferLike {
    return this.memory.buffer;
  }

  grow(bytes: number): boolean {
    const missing = Math.ceil((bytes - this.memory.buffer.byteLength) / PAGE_BYTES);
    if (missing <= 0) return true;
    try {
      this.memory.grow(missing);
      return true;
    } catch {
      return false;
    }
  }
}

/** Memory of the reference kernels: an ArrayBuffer that is replaced by a larger copy. */
export class ArrayMemory implements LinearMemory {
  #buffer = new ArrayBuffer(PAGE_BYTES);

  get buffer(): ArrayBufferLike {
    return this.#buffer;
  }

  grow(bytes: number): boolean {
    if (bytes <= this.#buffer.byteLength) return true;
    try {
      const larger = new ArrayBuffer(Math.max(bytes, 2 * this.#buffer.byteLength));
      new Uint8Array(larger).set(new Uint8Array(this.#buffer));
      this.#buffer = larger;
      return true;
    } catch {
      return false;
    }
  }
}
