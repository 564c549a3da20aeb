import type { Runtime } from "../../runtime/runtime.ts";
import { tensor } from "../../tensor/create.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** Rows of symbols, filled up to one length. */
export interface PaddedRows {
  /** [B, T], i32; T is the length of the longest row. */
  readonly tokens: Tensor;
  /** Symbols of each row that are no padding. */
  readonly lengths: readonly number[];
}

/** Rows filled up behind with `filler` to the length of the longest one. */
export function padRows(
  rows: readonly ArrayLike<number>[],
  filler: number,
  { runtime }: { readonly runtime?: Runtime | undefined } = {},
): PaddedRows {
  const lengths = rows.map(({ length }) => length);
  const time = lengths.reduce((most, length) => Math.max(most, length), 0);
  const data = new Int32Array(rows.length * time).fill(filler);
  rows.forEach((row, i) => {
    data.set(row, i * time);
  });
  const tokens = tensor(data, { shape: [rows.length, time], ...(runtime ? { runtime } : {}) });
  return { tokens, lengths };
}

/**
 * Two texts cut to `most` symbols together, the longer one first: the first loses its beginning, the second
 * its end, so that what was next to each other stays so.
 */
export function fitPair(first: Int32Array, second: Int32Array, most: number): [Int32Array, Int32Array] {
  const half = Math.ceil(most / 2);
  const kept = Math.min(first.length, Math.max(most - second.length, half));
  return [first.subarray(first.length - kept), second.subarray(0, most - kept)];
}
