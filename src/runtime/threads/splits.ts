import type { Kernels } from "../kernels/index.ts";
import type { Arguments, EvenCut, Split } from "./cut.ts";
import {
  splitOfAttention,
  splitOfAttentionBackward,
  splitOfGemm,
  splitOfRowTimesMatrix,
} from "./splitProducts.ts";
import { quantizedSplits } from "./splitQuantized.ts";
import { splitOfCumsum, splitOfExtreme, splitOfNormBackward, splitOfSum } from "./splitSums.ts";

/** Elements handled together: a cache line, so that no two threads write to one. */
const LINE = 16;

/**
 * Nanoseconds an element takes: moved, a few operations, a division or root, a polynomial, several of them.
 */
const MOVED = 0.06;
const LIGHT = 0.1;
const ROOT = 0.6;
const CURVE = 1;
const CURVES = 1.5;
/** A random number, and a normal one. */
const DRAWN = 2;
const NORMAL = 8;
/** The few that go through f64 one by one. */
const SLOW = 15;

/** Contiguous elements: the first `pointers` arguments, then how many there are. */
function elements(pointers: number, time: number, offsets: EvenCut["offsets"] = []): Split {
  const steps = new Array<number>(pointers).fill(1);
  const cut: EvenCut = { count: pointers, grain: LINE, pointers: steps, offsets };
  return { time: (values) => time * values[pointers]!, cut: () => cut };
}

/** Rows × columns of operands in any layout, each with an offset, a row step and a column step. */
function operands(count: number, time: number): Split {
  const first = count + 1;
  const [rowsAt, columnsAt] = [2 * first, 2 * first + 1];
  const steps = (values: Arguments, axis: 0 | 1) =>
    Array.from({ length: count }, (_, i) => values[columnsAt + 1 + 2 * i + axis]!);
  const offsets = (own: number, others: readonly number[]) =>
    [own, ...others].map((step, i) => [first + i, step] as const);
  return {
    time: (values) => time * values[rowsAt]! * values[columnsAt]!,
    cut(values) {
      const columns = values[columnsAt]!;
      return values[rowsAt]! > 1
        ? { count: rowsAt, grain: 1, pointers: [], offsets: offsets(columns, steps(values, 0)) }
        : { count: columnsAt, grain: LINE, pointers: [], offsets: offsets(1, steps(values, 1)) };
    },
  };
}

/** Rows of `width` elements: for each pointer whether it has a row, one number or nothing ("-") for each. */
function rows(layout: string, time: number): Split {
  const count = layout.length;
  return {
    time: (values) => time * values[count]! * values[count + 1]!,
    cut(values) {
      const width = values[count + 1]!;
      const step = (kind: string) => (kind === "r" ? width : kind === "1" ? 1 : 0);
      return { count, grain: 1, pointers: [...layout].map(step) };
    },
  };
}

const copy: Split = {
  time: (values) => 2 * MOVED * values[4]! * values[5]! * values[6]! * values[7]!,
  cut(values) {
    const sizes = values.slice(4, 8);
    const axis = sizes.indexOf(Math.max(...sizes));
    const offsets = [[2, values[8 + axis]!] as const, [3, values[12 + axis]!] as const];
    return { count: 4 + axis, grain: 1, pointers: [], offsets };
  },
};

/** Slots per unit of `outer` or of `count`, of the first three pointers. */
type IndexingSteps = (length: number, inner: number, count: number) => readonly number[];

/** y, x, index; outer, length, inner, count. Where places are added to, only `outer` may be parted. */
function indexing(ofOuter: IndexingSteps, ofCount: IndexingSteps | null): Split {
  return {
    time: (values) => LIGHT * values[3]! * values[5]! * values[6]!,
    cut(values) {
      const [outer, length, inner, count] = values.slice(3) as [number, number, number, number];
      if (outer > 1) return { count: 3, grain: 1, pointers: ofOuter(length, inner, count) };
      return ofCount && { count: 6, grain: 1, pointers: ofCount(length, inner, count) };
    },
  };
}

const sort: Split = {
  ...rows("rr--", 40),
  cut: (values) => ({ count: 4, grain: 1, pointers: [values[5]!, values[5]!, values[5]!] }),
  scratch: { argument: 3, slots: (values) => 2 * values[5]! },
};

/** Elements of a stream: behind their count, the number of the first one. */
const drawn = (pointers: number, time: number) => elements(pointers, time, [[pointers + 1, 1]]);

/** For those that are short. */
const whole: Split = { time: () => 0, cut: () => null };

/** Every kernel, so that a new one has to say how it is shared out. */
export const splits = {
  negate: elements(2, LIGHT),
  abs: elements(2, LIGHT),
  sign: elements(2, LIGHT),
  square: elements(2, LIGHT),
  reciprocal: elements(2, ROOT),
  sqrt: elements(2, ROOT),
  rsqrt: elements(2, ROOT),
  floor: elements(2, LIGHT),
  round: elements(2, LIGHT),
  isFinite: elements(2, LIGHT),
  relu: elements(2, LIGHT),
  exp: elements(2, CURVE),
  log: elements(2, CURVE),
  sin: elements(2, SLOW),
  cos: elements(2, SLOW),
  tanh: elements(2, CURVE),
  sigmoid: elements(2, CURVE),
  erf: elements(2, CURVE),
  softplus: elements(2, CURVES),
  gelu: elements(2, CURVES),
  geluBackward: elements(3, CURVES),
  geluTanh: elements(2, CURVE),
  geluTanhBackward: elements(3, CURVES),
  silu: elements(2, CURVE),
  siluBackward: elements(3, CURVE),
  castToI32: elements(2, LIGHT),
  castToFloat: elements(2, LIGHT),
  addScalar: elements(2, LIGHT),
  mulScalar: elements(2, LIGHT),
  addInto: elements(2, LIGHT),
  addScaledInto: elements(2, LIGHT),
  fill: elements(1, MOVED),
  fillI32: elements(1, MOVED),
  adamw: elements(4, ROOT),

  add: operands(2, LIGHT),
  sub: operands(2, LIGHT),
  mul: operands(2, LIGHT),
  div: operands(2, ROOT),
  pow: operands(2, SLOW),
  maximum: operands(2, LIGHT),
  minimum: operands(2, LIGHT),
  equal: operands(2, LIGHT),
  notEqual: operands(2, LIGHT),
  less: operands(2, LIGHT),
  lessEqual: operands(2, LIGHT),
  addI32: operands(2, LIGHT),
  subI32: operands(2, LIGHT),
  mulI32: operands(2, LIGHT),
  maximumI32: operands(2, LIGHT),
  minimumI32: operands(2, LIGHT),
  equalI32: operands(2, LIGHT),
  lessI32: operands(2, LIGHT),
  lessEqualI32: operands(2, LIGHT),
  where: operands(3, LIGHT),
  copy,

  sum: splitOfSum,
  sumOfSquares: splitOfSum,
  max: splitOfExtreme,
  min: splitOfExtreme,
  argmax: splitOfExtreme,
  argmin: splitOfExtreme,
  cumsum: splitOfCumsum,
  allFinite: whole,

  softmax: rows("rr", CURVES),
  softmaxBackward: rows("rrr", LIGHT),
  logSoftmax: rows("rr", CURVES),
  logSoftmaxBackward: rows("rrr", CURVES),
  crossEntropy: rows("11r1", CURVE),
  crossEntropyBackward: rows("r1r11", CURVE),
  layerNorm: rows("r11r--", ROOT),
  rmsNorm: rows("r1r-", ROOT),
  layerNormBackward: splitOfNormBackward(true),
  rmsNormBackward: splitOfNormBackward(false),

  indexSelect: indexing(
    (length, inner, count) => [count * inner, length * inner, 0],
    (_, inner) => [inner, 0, 1],
  ),
  indexAddInto: indexing((length, inner, count) => [length * inner, count * inner, 0], null),
  gather: indexing(
    (length, inner, count) => [count * inner, length * inner, count * inner],
    (_, inner) => [inner, 0, inner],
  ),
  scatterAddInto: indexing((length, inner, count) => [length * inner, count * inner, count * inner], null),
  sort,
  ...quantizedSplits,
  randomUniform: drawn(1, DRAWN),
  randomNormal: drawn(1, NORMAL),
  dropout: drawn(2, DRAWN),

  gemm: splitOfGemm,
  gemmAddInto: splitOfGemm,
  rowTimesMatrix: splitOfRowTimesMatrix,
  attention: splitOfAttention,
  attentionBackwardAddInto: splitOfAttentionBackward,
} as const satisfies Record<keyof Kernels, Split>;
