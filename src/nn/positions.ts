import { ArgumentError, ShapeError } from "../errors.ts";
import { embedding } from "../ops/embedding.ts";
import { indexSelect } from "../ops/indexSelect.ts";
import { reshape } from "../ops/reshape.ts";
import { slice } from "../ops/slice.ts";
import type { Shape } from "../shape.ts";
import { tensor } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { startAlike } from "./positionTable.ts";

/** Refuses lengths that are not one per row of [B, T], from 0 to T. */
export function checkLengths(
  where: string,
  lengths: readonly number[] | undefined,
  [batch, time]: Shape,
): void {
  if (lengths === undefined) return;
  if (lengths.length !== batch)
    throw new ShapeError(where, `${batch} lengths, one per row`, [lengths.length]);
  for (const length of lengths) {
    if (!Number.isInteger(length) || length < 0 || length > time!) {
      throw new ArgumentError(where, `lengths from 0 to ${time}`, length);
    }
  }
}

/**
 * Rows starts[b] … starts[b] + T - 1 of a table [L, C]: [T, C] where all start alike, else [B, T, C]. Padding
 * may reach beyond the table and gets its last row.
 */
export function positionVectors(table: Tensor, starts: readonly number[], time: number): Tensor {
  const [first = 0] = starts;
  const last = table.shape[0]! - 1;
  if (first + time - 1 <= last && startAlike(starts)) {
    return slice(table, [[first, first + time]]);
  }
  const position = (_: unknown, i: number) => Math.min(starts[Math.floor(i / time)]! + (i % time), last);
  const positions = Int32Array.from({ length: starts.length * time }, position);
  return embedding(table, tensor(positions, { shape: [starts.length, time], runtime: table.runtime }));
}

/** x[b, lengths[b] - 1], by default x[b, T - 1].  x: [B, T, C]  y: [B, 1, C] */
export function lastPositions(x: Tensor, lengths?: readonly number[]): Tensor {
  if (lengths === undefined) return slice(x, [null, [-1, null]]);
  const [batch, time, width] = x.shape as [number, number, number];
  const rows = Int32Array.from(lengths, (length, row) => row * time + Math.max(0, length - 1));
  const last = indexSelect(reshape(x, [batch * time, width]), tensor(rows, { runtime: x.runtime }));
  return reshape(last, [batch, 1, width]);
}
