import { ArgumentError, DTypeError, ShapeError } from "../errors.ts";
import type { Random } from "../random.ts";
import { defaultRuntime } from "../runtime/default.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { checkShape, type Shape, sizeOf } from "../shape.ts";
import { empty, operands } from "./record.ts";
import type { DType, Tensor } from "./tensor.ts";

/** What creation functions take besides a shape or data. */
export interface TensorOptions {
  /** "i32", or the runtime's float type (the default). */
  readonly dtype?: DType;
  /** Make it a leaf whose gradient `backward` collects. Default false. */
  readonly requiresGrad?: boolean;
  /** Default: the default runtime. */
  readonly runtime?: Runtime;
}

/** Numbers that become a tensor. */
export type TensorData = NestedData | ArrayBufferView;
type NestedData = number | boolean | readonly NestedData[];

/**
 * A tensor of the given numbers: nested arrays, whose depth is the rank, or a typed array with an optional
 * `shape`. An Int32Array becomes i32, everything else floats, unless `dtype` says otherwise.
 *
 * ```ts
 * const x = tensor([[1, 2, 3], [4, 5, 6]], { requiresGrad: true }); // [2, 3]
 * const ids = tensor(Int32Array.of(3, 1, 4)); // [3], i32
 * ```
 *
 * @throws ShapeError for ragged arrays, or a typed array that does not fill `shape`.
 */
export function tensor(data: TensorData, options: TensorOptions & { readonly shape?: Shape } = {}): Tensor {
  const flat = ArrayBuffer.isView(data) ? numbersOf(data) : flatten(data);
  const shape = checkShape("tensor", options.shape ?? flat.shape);
  if (sizeOf(shape) !== flat.values.length) {
    throw new ShapeError("tensor", `${sizeOf(shape)} numbers for shape [${shape.join(", ")}]`, flat.shape);
  }
  const i32 = data instanceof Int32Array ? "i32" : undefined;
  const dtype = options.dtype ?? i32;
  return finish(
    blank("tensor", shape, dtype === undefined ? options : { ...options, dtype }),
    options,
    (t) => {
      elementsOf(t).set(t.dtype === "i32" ? wholeNumbers(flat.values) : flat.values);
    },
  );
}

interface Flat {
  readonly values: ArrayLike<number>;
  readonly shape: Shape;
}

function numbersOf(view: ArrayBufferView): Flat {
  if (view instanceof DataView || view instanceof BigInt64Array || view instanceof BigUint64Array) {
    throw new ArgumentError("tensor", "a typed array of numbers", view);
  }
  const values = view as unknown as ArrayLike<number>;
  return { values, shape: [values.length] };
}

function flatten(data: NestedData): Flat {
  const shape: number[] = [];
  for (let level: NestedData | undefined = data; Array.isArray(level); level = level[0])
    shape.push(level.length);
  const values: number[] = [];
  const visit = (level: NestedData, axis: number): void => {
    const isArray = Array.isArray(level);
    if (isArray !== axis < shape.length || (isArray && level.length !== shape[axis])) {
      throw new ShapeError("tensor", "nested arrays of equal lengths", [
        ...shape.slice(0, axis),
        isArray ? level.length : 0,
      ]);
    }
    if (isArray) for (const inner of level) visit(inner, axis + 1);
    else values.push(checkNumber(level));
  };
  visit(data, 0);
  return { values, shape };
}

function checkNumber(value: unknown): number {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return Number(value);
  throw new ArgumentError("tensor", "numbers or booleans", value);
}

function wholeNumbers(values: ArrayLike<number>): ArrayLike<number> {
  for (let i = 0; i < values.length; i++) {
    if ((values[i]! | 0) !== values[i])
      throw new ArgumentError("tensor", "32-bit integers for dtype i32", values[i]);
  }
  return values;
}

/** All zeros. */
export function zeros(shape: Shape, options: TensorOptions = {}): Tensor {
  return full(shape, 0, options);
}

/** All ones. */
export function ones(shape: Shape, options: TensorOptions = {}): Tensor {
  return full(shape, 1, options);
}

/** All `value`. */
export function full(shape: Shape, value: number, options: TensorOptions = {}): Tensor {
  return finish(blank("full", checkShape("full", shape), options), options, (t) => {
    const { kernels } = t.runtime;
    if (t.dtype === "i32") kernels.fillI32(t.ptr, t.size, wholeNumbers([value])[0]!);
    else kernels.fill(t.ptr, t.size, value);
  });
}

/** Zeros of x's shape, dtype and runtime. */
export function zerosLike(x: Tensor): Tensor {
  return full(x.shape, 0, { dtype: x.dtype, runtime: operands("zerosLike", x) });
}

/** Ones of x's shape, dtype and runtime. */
export function onesLike(x: Tensor): Tensor {
  return full(x.shape, 1, { dtype: x.dtype, runtime: operands("onesLike", x) });
}

/**
 * start, start + step, … up to but without `end`; `arange(n)` counts from 0. i32 where all is whole, as in
 * PyTorch, unless `dtype` says otherwise.
 */
export function arange(end: number, options?: TensorOptions): Tensor;
export function arange(start: number, end: number, step?: number, options?: TensorOptions): Tensor;
export function arange(
  first: number,
  second: number | TensorOptions = {},
  step = 1,
  last: TensorOptions = {},
): Tensor {
  const [start, end, options] = typeof second === "number" ? [first, second, last] : [0, first, second];
  if (!Number.isFinite(start + end) || !Number.isFinite(1 / step)) {
    throw new ArgumentError("arange", "finite bounds and a step other than 0", [start, end, step]);
  }
  const size = Math.max(0, Math.ceil((end - start) / step));
  const whole = Number.isInteger(start) && Number.isInteger(end) && Number.isInteger(step);
  const dtype = options.dtype ?? (whole ? "i32" : undefined);
  return finish(
    blank("arange", [size], dtype === undefined ? options : { ...options, dtype }),
    options,
    (t) => {
      elementsOf(t).set(Float64Array.from({ length: size }, (_, i) => start + i * step));
    },
  );
}

/** The identity matrix [n, n]. */
export function eye(n: number, options: TensorOptions = {}): Tensor {
  const identity = full([n, n], 0, options);
  const elements = elementsOf(identity);
  for (let i = 0; i < n; i++) elements[i * n + i] = 1;
  return identity;
}

/** Random values are a function of the key and nothing else; the same key gives the same tensor. */
export interface RandomOptions extends TensorOptions {
  readonly random: Random;
}

/** Normally distributed values. Defaults: mean 0, deviation 1. */
export function randomNormal(
  shape: Shape,
  options: RandomOptions & { readonly mean?: number; readonly deviation?: number },
): Tensor {
  const { random, mean = 0, deviation = 1 } = options;
  return finish(blank("randomNormal", checkShape("randomNormal", shape), options), options, (t) => {
    needFloats("randomNormal", t);
    t.runtime.kernels.randomNormal(t.ptr, t.size, 0, random.key0, random.key1, mean, deviation);
  });
}

/** Evenly distributed values in [low, high). Defaults: 0 and 1. */
export function randomUniform(
  shape: Shape,
  options: RandomOptions & { readonly low?: number; readonly high?: number },
): Tensor {
  const { random, low = 0, high = 1 } = options;
  return finish(blank("randomUniform", checkShape("randomUniform", shape), options), options, (t) => {
    needFloats("randomUniform", t);
    t.runtime.kernels.randomUniform(t.ptr, t.size, 0, random.key0, random.key1, low, high);
  });
}

/** indices: [...], i32 → [..., classes] of floats: 1 at the index, else 0. */
export function oneHot(indices: Tensor, classes: number): Tensor {
  const runtime = operands("oneHot", indices);
  if (indices.dtype !== "i32") throw new DTypeError("oneHot", "i32 indices", indices.dtype);
  const columns = indices.toTypedArray();
  const hot = full([...indices.shape, classes], 0, { runtime });
  const elements = elementsOf(hot);
  columns.forEach((column, row) => {
    if (column < 0 || column >= classes)
      throw new ArgumentError("oneHot", `indices from 0 to ${classes - 1}`, column);
    elements[row * classes + column] = 1;
  });
  return hot;
}

/**
 * Gives a tensor to the runtime, as a leaf that requires a gradient unless told otherwise: it outlives
 * every scope, until `dispose`. Layers, optimizer states and caches hold such tensors.
 */
export function parameter(
  t: Tensor,
  { requiresGrad = true }: { readonly requiresGrad?: boolean } = {},
): Tensor {
  operands("parameter", t);
  if (t.node?.isLeaf === false) {
    throw new ArgumentError("parameter", "a tensor that no recorded op made; detach() it first", t.node.op);
  }
  t.requiresGrad = requiresGrad;
  return t.runtime.adopt(t);
}

/** The elements in memory, to be written at once. */
export function elementsOf(t: Tensor): Float32Array | Float64Array | Int32Array {
  return t.dtype === "i32" ? t.runtime.ints(t.ptr, t.size) : t.runtime.floats(t.ptr, t.size);
}

function blank(where: string, shape: Shape, { dtype, runtime = defaultRuntime() }: TensorOptions): Tensor {
  if (dtype !== undefined && dtype !== "i32" && dtype !== runtime.floatType) {
    throw new DTypeError(where, `i32 or ${runtime.floatType}, which this runtime computes in`, dtype);
  }
  return empty(runtime, shape, dtype);
}

/** Fills a new tensor; frees it again if that fails. */
function finish(t: Tensor, { requiresGrad = false }: TensorOptions, fill: (t: Tensor) => void): Tensor {
  try {
    if (t.size > 0) fill(t);
    if (requiresGrad) t.requiresGrad = true;
    return t;
  } catch (error) {
    t.dispose();
    throw error;
  }
}

function needFloats(where: string, t: Tensor): void {
  if (t.dtype === "i32") throw new DTypeError(where, "floats", t.dtype);
}
