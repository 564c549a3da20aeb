import type { Ptr } from "./pointer.ts";

/** y[i] = f(x[i]) for i in 0 … size-1. y may be x itself. */
export type UnaryKernel = (y: Ptr, x: Ptr, size: number) => void;

/** dx[i] = dy[i]·f'(x[i]). dx may be dy itself. */
export type UnaryBackwardKernel = (dx: Ptr, dy: Ptr, x: Ptr, size: number) => void;

/**
 * y[r, c] = f(a[r, c], b[r, c]), y contiguous rows × columns from yOffset on. `aRow` is the step from one row
 * of a to the next in elements (any; 0 repeats the row), `aColumn` the step inside a row: 1, or 0 to repeat
 * one element. b likewise. y may be a or b itself where that operand is contiguous and has the same offset.
 */
export type BinaryKernel = (
  y: Ptr,
  a: Ptr,
  b: Ptr,
  yOffset: number,
  aOffset: number,
  bOffset: number,
  rows: number,
  columns: number,
  aRow: number,
  aColumn: number,
  bRow: number,
  bColumn: number,
) => void;

/** One element at a time. Floats unless the name says I32; comparisons give the floats 0 and 1. */
export interface ElementwiseKernels {
  negate: UnaryKernel;
  abs: UnaryKernel;
  /** -1, 0, 1; the sign of -0 is 0, that of NaN is NaN. */
  sign: UnaryKernel;
  square: UnaryKernel;
  reciprocal: UnaryKernel;
  sqrt: UnaryKernel;
  /** 1/√x, both operations correctly rounded. */
  rsqrt: UnaryKernel;
  floor: UnaryKernel;
  /** To the nearest integer, halves to even as in IEEE 754 and PyTorch; -0.3 gives -0. */
  round: UnaryKernel;
  /** 1 where x is neither infinite nor NaN, else 0. */
  isFinite: UnaryKernel;
  /** The larger of x and 0: -0 gives 0, NaN stays NaN. */
  relu: UnaryKernel;
  exp: UnaryKernel;
  log: UnaryKernel;
  sin: UnaryKernel;
  cos: UnaryKernel;
  tanh: UnaryKernel;
  sigmoid: UnaryKernel;
  erf: UnaryKernel;
  /** log(1 + eˣ) = max(x, 0) + log(1 + e^-|x|), without overflow. */
  softplus: UnaryKernel;
  /**
   * x·Φ(x) = x·(1 + erf(x/√2))/2. Like the other two products of its kind it may give 0 or NaN for -∞ (∞·0).
   */
  gelu: UnaryKernel;
  geluBackward: UnaryBackwardKernel;
  /** x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))/2. */
  geluTanh: UnaryKernel;
  geluTanhBackward: UnaryBackwardKernel;
  /** x·sigmoid(x). */
  silu: UnaryKernel;
  siluBackward: UnaryBackwardKernel;

  add: BinaryKernel;
  sub: BinaryKernel;
  mul: BinaryKernel;
  div: BinaryKernel;
  /** aᵇ as C's pow: a negative base is fine with an integral exponent, else NaN; x⁰ = 1. */
  pow: BinaryKernel;
  /** The larger; NaN if either is NaN; 0 is larger than -0. */
  maximum: BinaryKernel;
  minimum: BinaryKernel;
  /** a = b, as 0 or 1. NaN equals nothing. */
  equal: BinaryKernel;
  notEqual: BinaryKernel;
  less: BinaryKernel;
  lessEqual: BinaryKernel;
  /** On i32 operands; sums and products wrap. The result is i32. */
  addI32: BinaryKernel;
  subI32: BinaryKernel;
  mulI32: BinaryKernel;
  maximumI32: BinaryKernel;
  minimumI32: BinaryKernel;
  /** i32 operands, result the float 0 or 1. */
  equalI32: BinaryKernel;
  lessI32: BinaryKernel;
  lessEqualI32: BinaryKernel;

  /** y[i] = x[i] + value. y may be x. */
  addScalar(y: Ptr, x: Ptr, size: number, value: number): void;
  /** y[i] = x[i]·value. y may be x. */
  mulScalar(y: Ptr, x: Ptr, size: number, value: number): void;
  /** y[i] += x[i]. */
  addInto(y: Ptr, x: Ptr, size: number): void;
  /** y[i] += x[i]·scale: product rounded, then the sum. */
  addScaledInto(y: Ptr, x: Ptr, size: number, scale: number): void;
  /**
   * y[r, c] = condition[r, c] ≠ 0 ? a[r, c] : b[r, c]. The condition is float (NaN counts as true), a and b
   * are moved as they are, of either dtype. Layout as in `BinaryKernel`.
   */
  where(
    y: Ptr,
    condition: Ptr,
    a: Ptr,
    b: Ptr,
    yOffset: number,
    conditionOffset: number,
    aOffset: number,
    bOffset: number,
    rows: number,
    columns: number,
    conditionRow: number,
    conditionColumn: number,
    aRow: number,
    aColumn: number,
    bRow: number,
    bColumn: number,
  ): void;
  /** Float to i32, towards zero; NaN gives 0, what does not fit saturates. */
  castToI32: UnaryKernel;
  /** i32 to float, rounded to nearest. */
  castToFloat: UnaryKernel;
}
