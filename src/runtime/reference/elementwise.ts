import type {
  BinaryKernel,
  ElementwiseKernels,
  UnaryBackwardKernel,
  UnaryKernel,
} from "../kernels/elementwise.ts";
import type { Ptr } from "../kernels/index.ts";
import { erf, normalDistribution } from "./erf.ts";
import type { FloatArray, IntArray, Slots } from "./slots.ts";

type Unary = (x: number) => number;
type Binary = (a: number, b: number) => number;
type View = (ptr: Ptr) => FloatArray | IntArray;

const ROOT_2_OVER_PI = Math.sqrt(2 / Math.PI);

/** Functions are computed in double precision and rounded when they are stored. */
export function elementwiseReference(slots: Slots): ElementwiseKernels {
  const { floats, ints, round } = slots;
  const float = (f: Unary) => unary(floats, floats, f);
  const backward = (derivative: Unary) => unaryBackward(floats, derivative);
  const floatBinary = (f: Binary) => binary(floats, floats, f);
  const intBinary = (f: Binary) => binary(ints, ints, f);
  const intComparison = (f: Binary) => binary(floats, ints, f);

  return {
    negate: float((x) => -x),
    abs: float(Math.abs),
    sign: float(Math.sign),
    square: float((x) => x * x),
    reciprocal: float((x) => 1 / x),
    sqrt: float(Math.sqrt),
    rsqrt: float((x) => 1 / round(Math.sqrt(x))),
    floor: float(Math.floor),
    round: float(roundHalfToEven),
    isFinite: float((x) => Number(Number.isFinite(x))),
    // biome-ignore lint/complexity/useMathMinMax: Math.max would make -0 a 0
    relu: float((x) => (x < 0 ? 0 : x)),
    exp: float(Math.exp),
    log: float(Math.log),
    sin: float(Math.sin),
    cos: float(Math.cos),
    tanh: float(Math.tanh),
    sigmoid: float(sigmoid),
    erf: float(erf),
    softplus: float((x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))),
    gelu: float((x) => x * normalDistribution(x)),
    geluBackward: backward(geluDerivative),
    geluTanh: float((x) => x * sigmoid(2 * geluTanhArgument(x))),
    geluTanhBackward: backward(geluTanhDerivative),
    silu: float((x) => x * sigmoid(x)),
    siluBackward: backward((x) => sigmoid(x) * (1 + x * sigmoid(-x))),

    add: floatBinary((a, b) => a + b),
    sub: floatBinary((a, b) => a - b),
    mul: floatBinary((a, b) => a * b),
    div: floatBinary((a, b) => a / b),
    pow: floatBinary(pow),
    maximum: floatBinary(Math.max),
    minimum: floatBinary(Math.min),
    equal: floatBinary((a, b) => Number(a === b)),
    notEqual: floatBinary((a, b) => Number(a !== b)),
    less: floatBinary((a, b) => Number(a < b)),
    lessEqual: floatBinary((a, b) => Number(a <= b)),
    addI32: intBinary((a, b) => (a + b) | 0),
    subI32: intBinary((a, b) => (a - b) | 0),
    mulI32: intBinary(Math.imul),
    maximumI32: intBinary(Math.max),
    minimumI32: intBinary(Math.min),
    equalI32: intComparison((a, b) => Number(a === b)),
    lessI32: intComparison((a, b) => Number(a < b)),
    lessEqualI32: intComparison((a, b) => Number(a <= b)),

    addScalar(y, x, size, value) {
      const addend = round(value);
      unary(floats, floats, (term) => term + addend)(y, x, size);
    },
    mulScalar(y, x, size, value) {
      const factor = round(value);
      unary(floats, floats, (term) => term * factor)(y, x, size);
    },
    addInto(y, x, size) {
      const total = floats(y);
      const term = floats(x);
      for (let i = 0; i < size; i++) total[i] = total[i]! + term[i]!;
    },
    addScaledInto(y, x, size, scale) {
      const total = floats(y);
      const term = floats(x);
      const factor = round(scale);
      for (let i = 0; i < size; i++) total[i] = total[i]! + round(term[i]! * factor);
    },
    where: where(slots),
    castToI32: unary(ints, floats, saturatingTruncation),
    castToFloat: unary(floats, ints, (x) => x),
  };
}

function unary(output: View, input: View, f: Unary): UnaryKernel {
  return (y, x, size) => {
    const to = output(y);
    const from = input(x);
    for (let i = 0; i < size; i++) to[i] = f(from[i]!);
  };
}

function unaryBackward(view: View, derivative: Unary): UnaryBackwardKernel {
  return (dx, dy, x, size) => {
    const to = view(dx);
    const cotangent = view(dy);
    const at = view(x);
    for (let i = 0; i < size; i++) to[i] = cotangent[i]! * derivative(at[i]!);
  };
}

function binary(output: View, input: View, f: Binary): BinaryKernel {
  return (y, a, b, yOffset, aOffset, bOffset, rows, columns, aRow, aColumn, bRow, bColumn) => {
    const to = output(y);
    const left = input(a);
    const right = input(b);
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        const leftTerm = left[aOffset + r * aRow + c * aColumn]!;
        const rightTerm = right[bOffset + r * bRow + c * bColumn]!;
        to[yOffset + r * columns + c] = f(leftTerm, rightTerm);
      }
    }
  };
}

function where({ floats, raw }: Slots): ElementwiseKernels["where"] {
  return (
    y,
    condition,
    a,
    b,
    yOffset,
    conditionOffset,
    aOffset,
    bOffset,
    rows,
    columns,
    conditionRow,
    conditionColumn,
    aRow,
    aColumn,
    bRow,
    bColumn,
  ) => {
    const to = raw(y);
    const decides = floats(condition);
    const left = raw(a);
    const right = raw(b);
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        const chosen = decides[conditionOffset + r * conditionRow + c * conditionColumn] !== 0;
        to[yOffset + r * columns + c] = chosen
          ? left[aOffset + r * aRow + c * aColumn]!
          : right[bOffset + r * bRow + c * bColumn]!;
      }
    }
  };
}

/**
 * Adding 2⁵² leaves no room for a fraction, so the sum is rounded as every sum is: halves to even. -0.3 gives
 * -0.
 */
function roundHalfToEven(x: number): number {
  const magnitude = Math.abs(x);
  const rounded = magnitude < 2 ** 52 ? magnitude + 2 ** 52 - 2 ** 52 : magnitude;
  return x < 0 || Object.is(x, -0) ? -rounded : rounded;
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** d/dx x·Φ(x) = Φ(x) + x·φ(x), φ(x) = exp(-x²/2)/√(2π). */
function geluDerivative(x: number): number {
  return normalDistribution(x) + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}

/** u in gelu ≈ x·(1 + tanh u)/2 = x·sigmoid(2u). */
function geluTanhArgument(x: number): number {
  return ROOT_2_OVER_PI * (x + 0.044715 * x ** 3);
}

/** d/dx x·s(2u) = s(2u) + x·s(2u)·s(-2u)·2u'. */
function geluTanhDerivative(x: number): number {
  const twice = 2 * geluTanhArgument(x);
  const slope = 2 * ROOT_2_OVER_PI * (1 + 3 * 0.044715 * x ** 2);
  return sigmoid(twice) + x * sigmoid(twice) * sigmoid(-twice) * slope;
}

/** JavaScript's power, but 1 where C says 1 and JavaScript NaN: 1 to any power, and -1 to an infinite one. */
function pow(a: number, b: number): number {
  if (a === 1 || (a === -1 && Math.abs(b) === Infinity)) return 1;
  return a ** b;
}

/** Adding 0 makes -0 a 0, which an integer in a double slot must be. */
function saturatingTruncation(x: number): number {
  if (Number.isNaN(x)) return 0;
  return Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.trunc(x))) + 0;
}
