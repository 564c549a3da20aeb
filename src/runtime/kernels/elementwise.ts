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

/**
 * One element at a time. Floats unless the name says I32; comparisons give the floats 0 and 1.
 *
 * What IEEE 754 defines is rounded as it says. Other functions state how far they may be off, in units in the
 * last place of the exact result (ulp); below 2⁻¹²⁶ they may give 0. The products x·Φ(x), x·sigmoid(…) may be off
 * by 4 ulp of x, and may give 0 or NaN for -∞ (∞·0); their backward by 8·2⁻²³·|dy|.
 */
export interface ElementwiseKernels {
  negate: UnaryKernel;
  abs: UnaryKernel;
  /** -1 or 1; zeros and NaN are their own sign. */
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
  /** 0 where x < 0, else x: -0 and NaN stay. */
  relu: UnaryKernel;
  /** 1 ulp. */
  exp: UnaryKernel;
  /** 2 ulp. */
  log: UnaryKernel;
  /** 1 ulp for |x| ≤ 2²⁰, where an angle that is a float still means something. */
  sin: UnaryKernel;
  /** 1 ulp for |x| ≤ 2²⁰, where an angle that is a float still means something. */
  cos: UnaryKernel;
  /** 3 ulp. */
  tanh: UnaryKernel;
  /** 1/(1 + e⁻ˣ), 3 ulp. */
  sigmoid: UnaryKernel;
  /** 3 ulp. */
  erf: UnaryKernel;
  /** log(1 + eˣ) = max(x, 0) + log(1 + e^-|x|), without overflow, 3 ulp. */
  softplus: UnaryKernel;
  /** x·Φ(x) = x·(1 + erf(x/√2))/2. */
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
  /** aᵇ as C's pow: a negative base is fine with an integral exponent, else NaN; x⁰ = 1ᵇ = 1. 1 ulp. */
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
