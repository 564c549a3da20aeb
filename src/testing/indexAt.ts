import { type Shape, stridesOf } from "../shape.ts";

/** The index along each axis of the element at `offset` in row-major order. */
export function indexAt(offset: number, shape: Shape): number[] {
  const strides = stridesOf(shape);
  return shape.map((n, axis) => Math.floor(offset / strides[axis]!) % n);
}
