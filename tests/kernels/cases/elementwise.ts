import type { ElementwiseKernels } from "../../../src/runtime/kernels/elementwise.ts";
import {
  EPSILON,
  type Example,
  rounded,
  SMALLEST_NORMAL,
  same,
  type Tolerance,
  ulp,
  ulps,
} from "../agreement.ts";
import type { Case, Distribution, Draw } from "../draw.ts";
import * as d from "../draw.ts";
import { changed, floatInput, floatOutput, intInput, intOutput, type Operand } from "../harness.ts";
import { contiguous, type Maker, strided } from "./strided.ts";

/** A tolerance that looks at the argument: f32 results for `x` near `exact`. */
type UnaryTolerance = (exact: number, x: number) => number;
type BackwardTolerance = (exact: number, dy: number, x: number) => number;

/** Where ∞·0 cannot arise. */
const exceptMinusInfinity: Distribution = (random) => {
  const x = d.anything(random);
  return x === -Infinity ? 0 : x;
};

/** Small ones, and evenly all that the contract speaks of. */
const angles = d.sometimes([...d.NON_FINITE, 0, -0], (random) =>
  random() < 0.5 ? d.moderate(random) : d.within(2 ** 20)(random),
);

const unary = (tolerance: UnaryTolerance, values = d.anything, bits: Example["bits"] = []): Case => {
  return (draw) => {
    const size = draw(d.vectorSize);
    const input = floatInput(d.floats(draw, size, values));
    const inPlace = draw(d.boolean);
    const output = inPlace ? changed(input) : floatOutput(size);
    return {
      operands: [output, inPlace ? output : input],
      numbers: [size],
      seed: draw(d.seed),
      bits,
      tolerance: (exact, _, i) => tolerance(exact, input.values[i]!),
    };
  };
};

/** A single correctly rounded operation, or one that rounds nothing. */
const determined = (tolerance: UnaryTolerance) => unary(tolerance, d.anything, "all");

const unaryBackward = (tolerance: BackwardTolerance): Case => {
  return (draw) => {
    const size = draw(d.vectorSize);
    const dy = floatInput(d.floats(draw, size, d.moderate));
    const x = floatInput(d.floats(draw, size, d.sometimes([0, -0, 30, -30], d.moderate)));
    const inPlace = draw(d.boolean);
    const dx = inPlace ? changed(dy) : floatOutput(size);
    return {
      operands: [dx, inPlace ? dx : dy, x],
      numbers: [size],
      seed: draw(d.seed),
      bits: [],
      tolerance: (exact, _, i) => tolerance(exact, dy.values[i]!, x.values[i]!),
    };
  };
};

/** Within `count` ulp; an exponential below the smallest normal float may be 0. */
const accurate = (count: number): UnaryTolerance => {
  return (exact) => count * ulp(exact) + (Math.abs(exact) < SMALLEST_NORMAL ? SMALLEST_NORMAL : 0);
};

/**
 * x·Φ(x) loses digits where 1 + erf(x/√2) cancels, its derivative likewise: the error is of the size of that
 * of x or dy, not of the result.
 */
const gated: UnaryTolerance = (_, x) => 4 * ulp(x);
const gatedBackward: BackwardTolerance = (exact, dy) => 8 * EPSILON * Math.abs(dy) + ulp(exact);

/** How a binary kernel is tried. */
interface BinaryTrial {
  readonly make: Maker;
  readonly output: (size: number) => Operand;
  readonly tolerance: Tolerance;
  readonly bits?: Example["bits"];
  /** Which operand the output may be; an output of another kind is none. */
  readonly inPlace?: readonly ("neither" | "a" | "b")[];
}

const binary = ({
  make,
  output,
  tolerance,
  bits = "all",
  inPlace = ["neither", "a", "b"],
}: BinaryTrial): Case => {
  return (draw) => {
    const rows = draw(d.smallCount);
    const columns = draw(d.vectorSize);
    const yOffset = draw(d.offset);
    const place = draw(d.oneOf, ...inPlace);
    const operand = (name: "a" | "b") =>
      place === name ? contiguous(draw, yOffset, rows, columns, make) : strided(draw, rows, columns, make);
    const [a, b] = [operand("a"), operand("b")];
    const y = place === "neither" ? output(yOffset + rows * columns) : { a, b }[place].operand;
    return {
      operands: [y, a.operand, b.operand],
      numbers: [yOffset, a.offset, b.offset, rows, columns, a.row, a.column, b.row, b.column],
      seed: draw(d.seed),
      bits,
      tolerance,
    };
  };
};

const where: Case = (draw) => {
  const rows = draw(d.smallCount);
  const columns = draw(d.vectorSize);
  const yOffset = draw(d.offset);
  const condition = strided(draw, rows, columns, fewFloats);
  const isInPlace = draw(d.boolean);
  const a = isInPlace
    ? contiguous(draw, yOffset, rows, columns, anyInts)
    : strided(draw, rows, columns, anyInts);
  const b = strided(draw, rows, columns, anyInts);
  const y = isInPlace ? a.operand : intOutput(yOffset + rows * columns);
  return {
    operands: [y, condition.operand, a.operand, b.operand],
    numbers: [
      ...[yOffset, condition.offset, a.offset, b.offset, rows, columns],
      ...[condition.row, condition.column, a.row, a.column, b.row, b.column],
    ],
    seed: draw(d.seed),
    bits: "all",
    tolerance: same,
  };
};

const scalar = (draw: Draw): Example => {
  const value = d.floats(draw, 1, d.anything)[0]!;
  const example = determined(rounded)(draw);
  return { ...example, numbers: [...example.numbers, value] };
};

/** y += x, and y += x·scale where there is a scale. */
const accumulation =
  (hasScale: boolean): Case =>
  (draw) => {
    const size = draw(d.vectorSize);
    const y = changed(floatInput(d.floats(draw, size, d.finite)));
    const x = floatInput(d.floats(draw, size, d.finite));
    const scale = hasScale ? d.floats(draw, 1, d.moderate)[0]! : 1;
    return {
      operands: [y, x],
      numbers: hasScale ? [size, scale] : [size],
      seed: draw(d.seed),
      bits: "all",
      tolerance: (exact, _, i) => (hasScale ? ulp(scale * x.values[i]!) : 0) + ulp(exact),
    };
  };

/** From one dtype to the other, so never in place. */
const cast = (make: Maker, output: (size: number) => Operand, tolerance: Tolerance): Case => {
  return (draw) => {
    const size = draw(d.vectorSize);
    return {
      operands: [output(size), make(draw, size)],
      numbers: [size],
      seed: draw(d.seed),
      bits: "all",
      tolerance,
    };
  };
};

const anyFloats: Maker = (draw, size) => floatInput(d.floats(draw, size, d.anything));
const anyInts: Maker = (draw, size) => intInput(d.slots(draw, size));
/** Few values, so that equal ones meet. */
const fewFloats: Maker = (draw, size) =>
  floatInput(
    d.floats(
      draw,
      size,
      d.sometimes([...d.NON_FINITE, 0, -0], (random) => Math.floor(4 * random())),
    ),
  );
const fewInts: Maker = (draw, size) => intInput(d.integers(draw, size, -2, 3));

const arithmetic = binary({ make: anyFloats, output: floatOutput, tolerance: rounded });
const extremum = binary({ make: fewFloats, output: floatOutput, tolerance: same });
const comparison = extremum;
const intArithmetic = binary({ make: anyInts, output: intOutput, tolerance: same });
const intComparison = binary({
  make: fewInts,
  output: floatOutput,
  tolerance: same,
  inPlace: ["neither"],
});

export const elementwiseCases = {
  negate: determined(same),
  abs: determined(same),
  sign: determined(same),
  square: determined(rounded),
  reciprocal: determined(rounded),
  sqrt: determined(rounded),
  // Two roundings; half an ulp of the root may be a whole one of its reciprocal.
  rsqrt: determined(ulps(1.5)),
  floor: determined(same),
  round: determined(same),
  isFinite: determined(same),
  relu: determined(same),
  exp: unary(accurate(1)),
  log: unary(accurate(2)),
  sin: unary(accurate(1), angles),
  cos: unary(accurate(1), angles),
  tanh: unary(accurate(3)),
  sigmoid: unary(accurate(3)),
  erf: unary(accurate(3)),
  softplus: unary(accurate(3)),
  gelu: unary(gated, exceptMinusInfinity),
  geluBackward: unaryBackward(gatedBackward),
  geluTanh: unary(gated, exceptMinusInfinity),
  geluTanhBackward: unaryBackward(gatedBackward),
  silu: unary(gated, exceptMinusInfinity),
  siluBackward: unaryBackward(gatedBackward),

  add: arithmetic,
  sub: arithmetic,
  mul: arithmetic,
  div: arithmetic,
  pow: binary({ make: anyFloats, output: floatOutput, tolerance: accurate(1), bits: [] }),
  maximum: extremum,
  minimum: extremum,
  equal: comparison,
  notEqual: comparison,
  less: comparison,
  lessEqual: comparison,
  addI32: intArithmetic,
  subI32: intArithmetic,
  mulI32: intArithmetic,
  maximumI32: intArithmetic,
  minimumI32: intArithmetic,
  equalI32: intComparison,
  lessI32: intComparison,
  lessEqualI32: intComparison,

  addScalar: scalar,
  mulScalar: scalar,
  addInto: accumulation(false),
  addScaledInto: accumulation(true),
  where,
  castToI32: cast(anyFloats, intOutput, same),
  castToFloat: cast(anyInts, floatOutput, rounded),
} satisfies Record<keyof ElementwiseKernels, Case>;
