/**
 * Loops over two operands in every layout. The operation is a constant of each inlined loop, so nothing is
 * decided while it runs.
 */
import { asFloat, LANES, loadOne, SLOT, slot, storeOne, VECTOR, VECTORS } from "./lanes";
import { pow } from "./pow";

export const enum Op {
  add,
  sub,
  mul,
  div,
  pow,
  maximum,
  minimum,
  equal,
  notEqual,
  less,
  lessEqual,
  addI32,
  subI32,
  mulI32,
  maximumI32,
  minimumI32,
  equalI32,
  lessI32,
  lessEqualI32,
}

/**
 * Rows of both operands are walked one by one; where a row ends and the next begins alike in both, all are
 * one row.
 */
// @ts-ignore: decorator
@inline
export function zip(
  op: Op,
  y: usize, a: usize, b: usize, yOffset: i32, aOffset: i32, bOffset: i32,
  rows: i32, columns: i32, aRow: i32, aColumn: i32, bRow: i32, bColumn: i32,
): void {
  y = slot(y, yOffset);
  a = slot(a, aOffset);
  b = slot(b, bOffset);
  if (rows > 1 && aRow == columns * aColumn && bRow == columns * bColumn) {
    columns *= rows;
    rows = 1;
  }
  for (; rows > 0; rows--) {
    zipRow(op, y, a, b, columns, aColumn, bColumn);
    y = slot(y, columns);
    a = slot(a, aRow);
    b = slot(b, bRow);
  }
}

/**
 * An operand whose column step is 0 is one element repeated: a branch that always goes the same way, and
 * costs nothing.
 */
// @ts-ignore: decorator
@inline
function zipRow(op: Op, y: usize, a: usize, b: usize, columns: i32, aColumn: i32, bColumn: i32): void {
  let left = v128.load32_splat(a);
  let right = v128.load32_splat(b);
  const body = <usize>(columns & -LANES) << 2;
  let at: usize = 0;
  if (op != Op.pow && aColumn & bColumn) {
    for (const wide = body & -VECTORS; at < wide; at += VECTORS) {
      v128.store(y + at, apply(op, v128.load(a + at), v128.load(b + at)));
      v128.store(y + at, apply(op, v128.load(a + at, 16), v128.load(b + at, 16)), 16);
      v128.store(y + at, apply(op, v128.load(a + at, 32), v128.load(b + at, 32)), 32);
      v128.store(y + at, apply(op, v128.load(a + at, 48), v128.load(b + at, 48)), 48);
    }
  }
  for (; at < body; at += VECTOR) {
    if (aColumn) left = v128.load(a + at);
    if (bColumn) right = v128.load(b + at);
    v128.store(y + at, apply(op, left, right));
  }
  const end = <usize>columns << 2;
  for (; at < end; at += SLOT) {
    if (aColumn) left = loadOne(a + at);
    if (bColumn) right = loadOne(b + at);
    storeOne(y + at, apply(op, left, right));
  }
}

// @ts-ignore: decorator
@inline
function apply(op: Op, a: v128, b: v128): v128 {
  if (op == Op.add) return f32x4.add(a, b);
  if (op == Op.sub) return f32x4.sub(a, b);
  if (op == Op.mul) return f32x4.mul(a, b);
  if (op == Op.div) return f32x4.div(a, b);
  if (op == Op.pow) return pow4(a, b);
  if (op == Op.maximum) return f32x4.max(a, b);
  if (op == Op.minimum) return f32x4.min(a, b);
  if (op == Op.equal) return asFloat(f32x4.eq(a, b));
  if (op == Op.notEqual) return asFloat(f32x4.ne(a, b));
  if (op == Op.less) return asFloat(f32x4.lt(a, b));
  if (op == Op.lessEqual) return asFloat(f32x4.le(a, b));
  if (op == Op.addI32) return i32x4.add(a, b);
  if (op == Op.subI32) return i32x4.sub(a, b);
  if (op == Op.mulI32) return i32x4.mul(a, b);
  if (op == Op.maximumI32) return i32x4.max_s(a, b);
  if (op == Op.minimumI32) return i32x4.min_s(a, b);
  if (op == Op.equalI32) return asFloat(i32x4.eq(a, b));
  if (op == Op.lessI32) return asFloat(i32x4.lt_s(a, b));
  return asFloat(i32x4.le_s(a, b));
}

// @ts-ignore: decorator
@inline
function pow4(a: v128, b: v128): v128 {
  return f32x4(
    pow(f32x4.extract_lane(a, 0), f32x4.extract_lane(b, 0)),
    pow(f32x4.extract_lane(a, 1), f32x4.extract_lane(b, 1)),
    pow(f32x4.extract_lane(a, 2), f32x4.extract_lane(b, 2)),
    pow(f32x4.extract_lane(a, 3), f32x4.extract_lane(b, 3)),
  );
}
