import fc from "fast-check";
import { ArgumentError } from "../errors.ts";
import { type Shape, sizeOf } from "../shape.ts";
import { type TensorOptions, tensor } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Which shapes to draw. */
export interface ShapeOptions {
  /** Default 0: scalars too. */
  readonly minRank?: number;
  /** Default 4. */
  readonly maxRank?: number;
  /** Least size of an axis. Default 0: empty tensors too. */
  readonly minSize?: number;
  /** Default 4. */
  readonly maxSize?: number;
}

/** A shape; shrinks to fewer and shorter axes. */
export function arbitraryShape(options: ShapeOptions = {}): fc.Arbitrary<Shape> {
  const { minRank = 0, maxRank = 4, minSize = 0, maxSize = 4 } = options;
  const size = fc.integer({ min: minSize, max: maxSize });
  return fc.array(size, { minLength: minRank, maxLength: maxRank });
}

/** Numbers of a tensor that is yet to be made, so that one drawn case can run on several runtimes. */
export interface DrawnTensor {
  readonly shape: Shape;
  /** Row-major; exact in f32. */
  readonly data: readonly number[];
  /** Makes it, on the default runtime unless told otherwise. */
  tensor(options?: TensorOptions): Tensor;
}

/** Which elements to draw. */
export interface ElementOptions {
  /** Default -2 and 2. */
  readonly min?: number;
  readonly max?: number;
  /** Points to stay away from by at least 1/16: kinks and poles of the function under test. */
  readonly avoid?: readonly number[];
  /** No two elements closer than 1/64: no ties for maxima and sorting. */
  readonly distinct?: boolean;
  /** "i32" draws integers. */
  readonly dtype?: "i32";
}

/** What finite differences of some 1e-2 do not step across. */
const DISTANCE = 1 / 16;
/** Elements are multiples of it. */
const GRID = 1 / 64;

/**
 * A tensor of a given or a drawn shape; shrinks to a smaller shape and to elements near 0.
 *
 * ```ts
 * fc.assert(
 *   fc.property(arbitraryTensor({ avoid: [0] }), (x) => {
 *     gradcheck(() => ({ f: (t) => relu(t), inputs: [x.tensor()] }));
 *   }),
 * );
 * ```
 */
export function arbitraryTensor(
  options: ElementOptions & { readonly shape?: Shape | fc.Arbitrary<Shape> } = {},
): fc.Arbitrary<DrawnTensor> {
  const { shape = arbitraryShape() } = options;
  return "generate" in shape ? shape.chain((s) => ofShape(s, options)) : ofShape(shape, options);
}

/**
 * Tensors whose shapes broadcast together: axes of size 1 and missing front axes among them.
 *
 * ```ts
 * fc.property(arbitraryBroadcast(), ([a, b]) => {
 *   expectClose(add(a.tensor(), b.tensor()), add(b.tensor(), a.tensor()));
 * });
 * ```
 */
export function arbitraryBroadcast(
  options: ElementOptions & ShapeOptions & { readonly count?: number } = {},
): fc.Arbitrary<DrawnTensor[]> {
  const { count = 2 } = options;
  return arbitraryShape(options).chain((whole) => {
    const operand = partOf(whole).chain((shape) => ofShape(shape, options));
    return fc.array(operand, { minLength: count, maxLength: count });
  });
}

/** A shape that broadcasts to `whole`. */
function partOf(whole: Shape): fc.Arbitrary<Shape> {
  const stretched = fc.array(fc.boolean(), { minLength: whole.length, maxLength: whole.length });
  return fc
    .tuple(stretched, fc.nat({ max: whole.length }))
    .map(([ones, missing]) => whole.map((n, axis) => (ones[axis] ? 1 : n)).slice(missing));
}

function ofShape(shape: Shape, options: ElementOptions): fc.Arbitrary<DrawnTensor> {
  const { distinct = false, dtype } = options;
  const candidates = candidatesFor(options);
  const size = sizeOf(shape);
  if (candidates.length < (distinct ? size : 1)) {
    throw new ArgumentError("arbitraryTensor", "a range with room for its elements", options);
  }
  const index = fc.nat({ max: candidates.length - 1 });
  const lengths = { minLength: size, maxLength: size };
  const indices = distinct ? fc.uniqueArray(index, lengths) : fc.array(index, lengths);
  return indices.map((drawn) =>
    drawnTensor(
      shape,
      drawn.map((i) => candidates[i]!),
      dtype,
    ),
  );
}

/** The allowed elements, those near 0 first, because draws shrink to the first. */
function candidatesFor({ min = -2, max = 2, avoid = [], dtype }: ElementOptions): number[] {
  const step = dtype === "i32" ? 1 : GRID;
  const first = Math.ceil(min / step);
  const count = Math.max(0, Math.floor(max / step) - first + 1);
  return Array.from({ length: count }, (_, i) => (first + i) * step)
    .filter((value) => avoid.every((point) => Math.abs(value - point) >= DISTANCE))
    .sort((a, b) => Math.abs(a) - Math.abs(b));
}

function drawnTensor(shape: Shape, data: readonly number[], dtype?: "i32"): DrawnTensor {
  const own = { shape, ...(dtype && { dtype }) };
  return {
    shape,
    data,
    tensor: (options = {}) => tensor(Float64Array.from(data), { ...options, ...own }),
    // How fast-check prints a counterexample: as code that makes it again.
    [fc.toStringMethod]: () => `tensor(Float64Array.of(${data.join(", ")}), ${JSON.stringify(own)})`,
  } as DrawnTensor;
}
