/** Arguments of a kernel, in the order of the contract. */
export type Arguments = readonly number[];

/** Bytes of a slot of the compiled kernels. */
const SLOT_BYTES = 4;

/** How a kernel is shared out. Times are rough: they decide who computes, never what comes out. */
export interface Split {
  /** Nanoseconds on one thread. */
  time(values: Arguments): number;
  /** Null where this call stays in one piece. */
  cut(values: Arguments): Cut | null;
  /** Which argument is scratch, and how many slots of it a part may use. */
  readonly scratch?: { readonly argument: number; slots(values: Arguments): number };
}

/** How a call is cut into calls of the same kernel that may run at the same time and give the same bits. */
export type Cut = EvenCut | SummedCut;

/** Along an argument that counts rows, columns, elements, problems: each part has some of them. */
export interface EvenCut {
  /** Which argument counts what is shared out. */
  readonly count: number;
  /** Parts are multiples of it. */
  readonly grain: number;
  /** For the leading arguments, the pointers: slots from one unit to the next. */
  readonly pointers: readonly number[];
  /** Other arguments that move, and by how much from one unit to the next. */
  readonly offsets?: readonly (readonly [argument: number, step: number])[];
}

/**
 * Along a summed axis, in the contract's chunks: their sums are then added in the contract's order, by one
 * thread.
 */
export interface SummedCut {
  readonly chunks: number;
  /** Slots that one chunk's sums take. */
  readonly size: number;
  /** The call for one chunk, its sums written at an address. */
  chunk(index: number, sums: number): Arguments;
  readonly totals: readonly Total[];
}

/** Sums over all chunks. */
interface Total {
  readonly ptr: number;
  /** Where they begin among a chunk's sums. */
  readonly at: number;
  readonly size: number;
  /** Whether the contract begins with 0, and not with the first chunk. */
  readonly fromZero: boolean;
}

/** The arguments of the part with units first … first + count - 1. */
export function partOf(values: Arguments, cut: EvenCut, first: number, count: number): Arguments {
  const part = [...values];
  cut.pointers.forEach((step, i) => {
    if (part[i] !== 0) part[i]! += SLOT_BYTES * step * first;
  });
  for (const [argument, step] of cut.offsets ?? []) part[argument]! += step * first;
  part[cut.count] = count;
  return part;
}

/** The address of a slot. */
export const slotAt = (ptr: number, slots: number): number => (ptr === 0 ? 0 : ptr + SLOT_BYTES * slots);

/**
 * Adds what the chunks wrote at `sums` in their order. The f64 sum of two floats, rounded, is their f32 sum.
 */
export function joinSums(memory: ArrayBufferLike, { chunks, size, totals }: SummedCut, sums: number): void {
  const parts = new Float32Array(memory, sums, chunks * size);
  for (const { ptr, at, size: length, fromZero } of totals) {
    if (ptr === 0) continue;
    const total = new Float32Array(memory, ptr, length);
    if (fromZero) total.fill(0);
    else total.set(parts.subarray(at, at + length));
    for (let chunk = fromZero ? 0 : 1; chunk < chunks; chunk++) {
      for (let i = 0; i < length; i++) total[i]! += parts[chunk * size + at + i]!;
    }
  }
}
