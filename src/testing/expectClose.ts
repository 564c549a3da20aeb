import { formatShape, type Shape, sameShape, sizeOf } from "../shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { indexAt } from "./indexAt.ts";

/** Numbers to compare: a tensor, a number, nested arrays or a typed array. */
export type Numbers = Tensor | number | ArrayLike<number> | NestedNumbers;
type NestedNumbers = readonly (number | NestedNumbers)[];

/** An element may be off by absolute + relative·|expected|. */
export interface Tolerance {
  /** Default 1e-5, some eighty rounding errors of f32. */
  readonly relative?: number;
  /** Default 1e-6. */
  readonly absolute?: number;
}

/**
 * Throws unless every element of `actual` is close to the one of `expected`, and the shapes are equal. NaN
 * is close to NaN, and each infinity to itself. A typed array fits every shape of its length.
 *
 * ```ts
 * expectClose(softmax(tensor([0, Math.log(3)])), [0.25, 0.75]);
 * ```
 *
 * @throws Error naming the worst element, its index and both values.
 */
export function expectClose(actual: Numbers, expected: Numbers, tolerance: Tolerance = {}): void {
  const problem = compare(listed(actual), listed(expected), tolerance);
  if (problem === null) return;
  const error = new Error(`expectClose: ${problem}`);
  // The test runner then shows the line of the test that called.
  if ("captureStackTrace" in Error) Error.captureStackTrace(error, expectClose);
  throw error;
}

interface Listed {
  readonly values: ArrayLike<number>;
  /** Null: any shape of as many elements. */
  readonly shape: Shape | null;
}

function listed(numbers: Numbers): Listed {
  if (numbers instanceof Tensor) return { values: numbers.toTypedArray(), shape: numbers.shape };
  if (typeof numbers === "number") return { values: [numbers], shape: [] };
  if (!Array.isArray(numbers)) return { values: numbers as ArrayLike<number>, shape: null };
  const shape: number[] = [];
  for (let level: unknown = numbers; Array.isArray(level); level = level[0]) shape.push(level.length);
  const values = numbers.flat(Number.POSITIVE_INFINITY) as number[];
  if (values.length !== sizeOf(shape)) throw new Error("expectClose: the nested arrays are ragged");
  return { values, shape };
}

function compare(
  actual: Listed,
  expected: Listed,
  { relative = 1e-5, absolute = 1e-6 }: Tolerance,
): string | null {
  const { length } = actual.values;
  const shape = actual.shape ?? expected.shape ?? [length];
  const fits = actual.shape && expected.shape ? sameShape(actual.shape, expected.shape) : true;
  if (!fits || length !== expected.values.length)
    return `got ${shapeOf(actual)}, wanted ${shapeOf(expected)}`;
  let worst = -1;
  let worstExcess = 1;
  let wrong = 0;
  for (let i = 0; i < length; i++) {
    const excess = excessOf(actual.values[i]!, expected.values[i]!, relative, absolute);
    if (excess <= 1) continue;
    wrong++;
    if (excess > worstExcess) [worst, worstExcess] = [i, excess];
  }
  if (wrong === 0) return null;
  const got = actual.values[worst]!;
  const want = expected.values[worst]!;
  const allowed = (absolute + relative * Math.abs(want)).toExponential(1);
  return (
    `${wrong} of ${length} elements differ; worst at ${formatShape(indexAt(worst, shape))}: got ${got}, ` +
    `wanted ${want} (off by ${Math.abs(got - want).toExponential(1)}, allowed ${allowed})`
  );
}

function shapeOf({ shape, values }: Listed): string {
  return shape ? `shape ${formatShape(shape)}` : `${values.length} elements`;
}

/** How often the allowed difference the difference is. */
function excessOf(got: number, want: number, relative: number, absolute: number): number {
  if (Object.is(got, want) || got === want) return 0;
  const excess = Math.abs(got - want) / (absolute + relative * Math.abs(want));
  return Number.isNaN(excess) ? Number.POSITIVE_INFINITY : excess;
}
