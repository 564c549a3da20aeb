import type fc from "fast-check";
import type { Shape } from "../../src/shape.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";

/** One operand of a drawn case, in plain numbers, so that the same case runs on every runtime. */
export interface InputSpec {
  readonly shape: Shape;
  /** Row-major; already rounded to f32, so that every runtime gets the same numbers. */
  readonly data: readonly number[];
  /** Default floats. An i32 input has no gradient. */
  readonly dtype?: "i32";
  /** Default true for floats: whether the gradient with respect to it is checked. */
  readonly differentiate?: boolean;
}

/** One drawn call of an op. */
export interface OpSample {
  /** What a failure prints: the options of the call. */
  readonly label?: string;
  readonly inputs: readonly InputSpec[];
  /**
   * Calls the op; only its float outputs are compared and differentiated, i32 outputs are compared exactly.
   */
  readonly run: (...inputs: Tensor[]) => Tensor | readonly Tensor[];
}

/**
 * How an op is tested: drawn calls over random shapes (size zero and broadcasts included), away from kinks
 * and ties.
 */
export interface OpCase {
  readonly samples: fc.Arbitrary<OpSample>;
  /** How often the op can be differentiated and is checked: 0 (comparisons, indices), 1, or 2. */
  readonly order: 0 | 1 | 2;
  /**
   * Error of the f32 forward pass relative to the largest magnitude of the result (and 1); default 1e-5,
   * say why if it is more.
   */
  readonly tolerance?: number;
  /** Runs relative to the usual number; less than 1 for costly ops. */
  readonly effort?: number;
}
