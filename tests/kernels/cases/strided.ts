import type { Draw } from "../draw.ts";
import * as d from "../draw.ts";
import { changed, type Operand } from "../harness.ts";

/** Makes an operand of so many slots. */
export type Maker = (draw: Draw, size: number) => Operand;

/** An operand read as rows × columns from an offset on: element (r, c) is at offset + r·row + c·column. */
export interface Strided {
  readonly operand: Operand;
  readonly offset: number;
  readonly row: number;
  readonly column: number;
}

/**
 * Every pattern of strides that a binary kernel knows: rows apart, repeated, overlapping or backwards;
 * columns 1 or 0 apart.
 */
export function strided(draw: Draw, rows: number, columns: number, make: Maker): Strided {
  const row = draw(d.oneOf, columns, 0, 1, columns + 3, -columns);
  const column = draw(d.oneOf, 1, 0);
  const offset = draw(d.offset) + Math.max(0, -row * (rows - 1));
  const last = offset + Math.max(0, row * (rows - 1)) + column * (columns - 1);
  return { operand: make(draw, last + 1), offset, row, column };
}

/** Rows one after another from `offset` on, to be changed in place. */
export function contiguous(draw: Draw, offset: number, rows: number, columns: number, make: Maker): Strided {
  return { operand: changed(make(draw, offset + rows * columns)), offset, row: columns, column: 1 };
}
