import type { Allocator, Block } from "./allocator.ts";
import { ABSENT, type Ptr } from "./kernels/index.ts";

/**
 * A stretch of slots with a count of who uses it: live handles, tensors saved for backward, gradient
 * buffers. The last release gives the memory back. An empty storage has no block and the absent pointer.
 */
export class Storage {
  readonly ptr: Ptr;
  /** Slots in it. */
  readonly size: number;
  /**
   * Counts writes since it was made, so that backward notices a tensor that changed after the forward pass.
   */
  version = 0;
  #references = 1;
  #block: Block | null;
  readonly #allocator: Allocator;

  constructor(block: Block | null, size: number, allocator: Allocator) {
    this.ptr = block === null ? ABSENT : (block.address as Ptr);
    this.size = size;
    this.#block = block;
    this.#allocator = allocator;
  }

  get references(): number {
    return this.#references;
  }

  get freed(): boolean {
    return this.#references === 0;
  }

  retain(): this {
    this.#references++;
    return this;
  }

  release(): void {
    if (--this.#references > 0 || this.#block === null) return;
    this.#allocator.release(this.#block);
    this.#block = null;
  }
}
