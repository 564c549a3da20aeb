/** Kernels of one operand and a number, and those that add to what is there. */
import { LANES, loadOne, SLOT, storeOne, VECTOR, VECTORS } from "./lanes";

const enum Op {
  addScalar,
  mulScalar,
  addInto,
  addScaledInto,
}

// @ts-ignore: decorator
@inline
function map(op: Op, y: usize, x: usize, size: i32, value: f32): void {
  const number = f32x4.splat(value);
  const body = <usize>(size & -LANES) << 2;
  let at: usize = 0;
  for (const wide = body & -VECTORS; at < wide; at += VECTORS) {
    v128.store(y + at, apply(op, v128.load(y + at), v128.load(x + at), number));
    v128.store(y + at, apply(op, v128.load(y + at, 16), v128.load(x + at, 16), number), 16);
    v128.store(y + at, apply(op, v128.load(y + at, 32), v128.load(x + at, 32), number), 32);
    v128.store(y + at, apply(op, v128.load(y + at, 48), v128.load(x + at, 48), number), 48);
  }
  for (; at < body; at += VECTOR) v128.store(y + at, apply(op, v128.load(y + at), v128.load(x + at), number));
  const end = <usize>size << 2;
  for (; at < end; at += SLOT) storeOne(y + at, apply(op, loadOne(y + at), loadOne(x + at), number));
}

// @ts-ignore: decorator
@inline
function apply(op: Op, y: v128, x: v128, value: v128): v128 {
  if (op == Op.addScalar) return f32x4.add(x, value);
  if (op == Op.mulScalar) return f32x4.mul(x, value);
  if (op == Op.addInto) return f32x4.add(y, x);
  return f32x4.add(y, f32x4.mul(x, value));
}

export function addScalar(y: usize, x: usize, size: i32, value: f32): void {
  map(Op.addScalar, y, x, size, value);
}

export function mulScalar(y: usize, x: usize, size: i32, value: f32): void {
  map(Op.mulScalar, y, x, size, value);
}

export function addInto(y: usize, x: usize, size: i32): void {
  map(Op.addInto, y, x, size, 0);
}

export function addScaledInto(y: usize, x: usize, size: i32, scale: f32): void {
  map(Op.addScaledInto, y, x, size, scale);
}
