/** Kernels of two operands, each a loop of its own. */
import { Op, zip } from "./elementwiseZip";

export function add(
  y: usize, a: usize, b: usize, yOffset: i32, aOffset: i32, bOffset: i32,
  rows: i32, columns: i32, aRow: i32, aColumn: i32, bRow: i32, bColumn: i32,
): void {
  zip(Op.add, y, a, b, yOffset, aOffset, bOffset, rows, columns, aRow, aColumn, bRow, bColumn);
}

export function sub(
  y: usize, a: usize, b: usize, yOffset: i32, aOffset: i32, bOffset: i32,
  rows: i32, columns: i32, aRow: i32, aColumn: i32, bRow: i32, bColumn: i32,
): void {
  zip(Op.sub, y, a, b, yOffset, aOffset, bOffset, rows, columns, aRow, aColumn, bRow, bColumn);
}

export function mul(
  y: usize, a: usize, b: usize, yOffset: i32, aOffset: i32, bOffset: i32,
  rows: i32, columns: i32, aRow: i32, aColumn: i32, bRow: i32, bColumn: i32,
): void {
  zip(Op.mul, y, a, b, yOffset, aOffset, bOffset, rows, columns, aRow, aColumn, bRow, bColumn);
}

export function div(
  y: usize, a: usize, b: usize, yOffset: i32, aOffset: i32, bOffset: i32,
  rows: i32, columns: i32, aRow: i32, aColumn: i32, bRow: i32, bColumn: i32,
): void {
  zip(Op.div, y, a, b, yOffset, aOffset, bOffset, rows, columns, aRow, aColumn, bRow, bColumn);
}

export function pow(
  y: usize, a: usize, b: usize, yOffset: i32, aOffset: i32, bOffset: i32,
  rows: i32, columns: i32, aRow: i32, aColumn: i32, bRow: i32, bColumn: i32,
): void {
  zip(Op.pow, y, a, b, yOffset, aOffset, bOffset, rows, columns, aRow, aColumn, bRow, bColumn);
}

export function maximum(
  y: usize, a: usize, b: usize, yOffset: i32, aOffset: i32, bOffset: i32,
  rows: i32, columns: i32, aRow: i32, aColumn: i32, bRow: i32, bColumn: i32,
): void {
  zip(Op.maximum, y, a, b, yOffset, aOffset, bOffset, rows, columns, aRow, aColumn, bRow, bColumn);
}

export function minimum(
  y: usize, a: usize, b: usize, yOffset: i32, aOffset: i32, bOffset: i32,
  rows: i32, columns: i32, aRow: i32, aColumn: i32, bRow: i32, bColumn: i32,
): void {
  zip(Op.minimum, y, a, b, yOffset, aOffset, bOffset, rows, columns, aRow, aColumn, bRow, bColumn);
}

export function equal(
  y: usize, a: usize, b: usize, yOffset: i32, aOffset: i32, bOffset: i32,
  rows: i32, columns: i32, aRow: i32, aColumn: i32, bRow: i32, bColumn: i32,
): void {
  zip(Op.equal, y, a, b, yOffset, aOffset, bOffset, rows, columns, aRow, aColumn, bRow, bColumn);
}

export function notEqual(
  y: usize, a: usize, b: usize, yOffset: i32, aOffset: i32, bOffset: i32,
  rows: i32, columns: i32, aRow: i32, aColumn: i32, bRow: i32, bColumn: i32,
): void {
  zip(Op.notEqual, y, a, b, yOffset, aOffset, bOffset, rows, columns, aRow, aColumn, bRow, bColumn);
}

export function less(
  y: usize, a: usize, b: usize, yOffset: i32, aOffset: i32, bOffset: i32,
  rows: i32, columns: i32, aRow: i32, aColumn: i32, bRow: i32, bColumn: i32,
): void {
  zip(Op.less, y, a, b, yOffset, aOffset, bOffset, rows, columns, aRow, aColumn, bRow, bColumn);
}

export function lessEqual(
  y: usize, a: usize, b: usize, yOffset: i32, aOffset: i32, bOffset: i32,
  rows: i32, columns: i32, aRow: i32, aColumn: i32, bRow: i32, bColumn: i32,
): void {
  zip(Op.lessEqual, y, a, b, yOffset, aOffset, bOffset, rows, columns, aRow, aColumn, bRow, bColumn);
}

export function addI32(
  y: usize, a: usize, b: usize, yOffset: i32, aOffset: i32, bOffset: i32,
  rows: i32, columns: i32, aRow: i32, aColumn: i32, bRow: i32, bColumn: i32,
): void {
  zip(Op.addI32, y, a, b, yOffset, aOffset, bOffset, rows, columns, aRow, aColumn, bRow, bColumn);
}

export function subI32(
  y: usize, a: usize, b: usize, yOffset: i32, aOffset: i32, bOffset: i32,
  rows: i32, columns: i32, aRow: i32, aColumn: i32, bRow: i32, bColumn: i32,
): void {
  zip(Op.subI32, y, a, b, yOffset, aOffset, bOffset, rows, columns, aRow, aColumn, bRow, bColumn);
}

export function mulI32(
  y: usize, a: usize, b: usize, yOffset: i32, aOffset: i32, bOffset: i32,
  rows: i32, columns: i32, aRow: i32, aColumn: i32, bRow: i32, bColumn: i32,
): void {
  zip(Op.mulI32, y, a, b, yOffset, aOffset, bOffset, rows, columns, aRow, aColumn, bRow, bColumn);
}

export function maximumI32(
  y: usize, a: usize, b: usize, yOffset: i32, aOffset: i32, bOffset: i32,
  rows: i32, columns: i32, aRow: i32, aColumn: i32, bRow: i32, bColumn: i32,
): void {
  zip(Op.maximumI32, y, a, b, yOffset, aOffset, bOffset, rows, columns, aRow, aColumn, bRow, bColumn);
}

export function minimumI32(
  y: usize, a: usize, b: usize, yOffset: i32, aOffset: i32, bOffset: i32,
  rows: i32, columns: i32, aRow: i32, aColumn: i32, bRow: i32, bColumn: i32,
): void {
  zip(Op.minimumI32, y, a, b, yOffset, aOffset, bOffset, rows, columns, aRow, aColumn, bRow, bColumn);
}

export function equalI32(
  y: usize, a: usize, b: usize, yOffset: i32, aOffset: i32, bOffset: i32,
  rows: i32, columns: i32, aRow: i32, aColumn: i32, bRow: i32, bColumn: i32,
): void {
  zip(Op.equalI32, y, a, b, yOffset, aOffset, bOffset, rows, columns, aRow, aColumn, bRow, bColumn);
}

export function lessI32(
  y: usize, a: usize, b: usize, yOffset: i32, aOffset: i32, bOffset: i32,
  rows: i32, columns: i32, aRow: i32, aColumn: i32, bRow: i32, bColumn: i32,
): void {
  zip(Op.lessI32, y, a, b, yOffset, aOffset, bOffset, rows, columns, aRow, aColumn, bRow, bColumn);
}

export function lessEqualI32(
  y: usize, a: usize, b: usize, yOffset: i32, aOffset: i32, bOffset: i32,
  rows: i32, columns: i32, aRow: i32, aColumn: i32, bRow: i32, bColumn: i32,
): void {
  zip(Op.lessEqualI32, y, a, b, yOffset, aOffset, bOffset, rows, columns, aRow, aColumn, bRow, bColumn);
}
