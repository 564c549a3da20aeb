import { describe, expect, test } from "vitest";
import { erf, normalDistribution } from "../../src/runtime/reference/erf.ts";
import { effort, seed } from "../support/seed.ts";
import { ulp } from "./agreement.ts";
import { floatInput, floatOutput, run, wasm } from "./harness.ts";

/** The bit patterns of all floats are walked in steps of this: some 500 to 1000 of each exponent and sign. */
const STEP = 10_007;

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const geluTanhGate = (x: number) => sigmoid(2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3));

type UnaryName =
  | "exp"
  | "log"
  | "tanh"
  | "erf"
  | "sigmoid"
  | "softplus"
  | "sin"
  | "cos"
  | "gelu"
  | "geluTanh"
  | "silu";

interface Claim {
  readonly kernel: UnaryName;
  readonly exact: (x: number) => number;
  /** In ulp of the result, which may be 0 where it is denormal. */
  readonly bound: number;
  /** Largest |x| the claim is about. */
  readonly limit?: number;
}

/** The bounds that assembly/math.ts states. */
const claims: readonly Claim[] = [
  { kernel: "exp", exact: Math.exp, bound: 1 },
  { kernel: "log", exact: Math.log, bound: 1 },
  { kernel: "tanh", exact: Math.tanh, bound: 2 },
  { kernel: "erf", exact: erf, bound: 3 },
  { kernel: "sigmoid", exact: sigmoid, bound: 3 },
  { kernel: "softplus", exact: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), bound: 3 },
  { kernel: "sin", exact: Math.sin, bound: 0.51, limit: 1_600_000 },
  { kernel: "cos", exact: Math.cos, bound: 0.51, limit: 1_600_000 },
];

/** x times a gate: the error is a part of |x|, since near 0 the gate is. */
const gated: readonly Claim[] = [
  { kernel: "gelu", exact: (x) => x * normalDistribution(x), bound: 2 },
  { kernel: "geluTanh", exact: (x) => x * geluTanhGate(x), bound: 2 },
  { kernel: "silu", exact: (x) => x * sigmoid(x), bound: 2 },
];

/** Floats of every exponent and sign, denormals, infinities and NaN included. */
function allKinds(): Float32Array {
  const step = Math.max(1, Math.floor(STEP / effort));
  const bits = new Uint32Array(Math.floor(2 ** 32 / step));
  for (let i = 0; i < bits.length; i++) bits[i] = i * step + (seed % step);
  return new Float32Array(bits.buffer);
}

function apply(kernel: UnaryName, x: Float32Array): Float32Array {
  const [y] = run(wasm, kernel, {
    operands: [floatOutput(x.length), floatInput(x)],
    numbers: [x.length],
    seed: 1,
  });
  return y as Float32Array;
}

/** The worst error over all kinds of floats up to `limit`, in units that `unit` gives. */
function worst({ kernel, exact, limit = Infinity }: Claim, unit: (y: number, x: number) => number) {
  const x = allKinds();
  const y = apply(kernel, x);
  let [error, at] = [0, 0];
  for (let i = 0; i < x.length; i++) {
    if (Math.abs(x[i]!) > limit) continue;
    const wanted = exact(x[i]!);
    const rounded = Math.fround(wanted);
    const isExact = Object.is(y[i], rounded) || (y[i] === 0 && Math.abs(wanted) < 2 ** -126);
    const distance = isExact ? 0 : Math.abs(y[i]! - wanted) / unit(wanted, x[i]!);
    // A finite value for an infinite one, or the reverse, or NaN for a number.
    if (!(distance <= error)) [error, at] = [distance, x[i]!];
  }
  return { error, at };
}

describe("over floats of every exponent", () => {
  test.each(claims)("$kernel is within $bound ulp", (claim) => {
    const { error, at } = worst(claim, ulp);
    expect(error, `at ${at}`).toBeLessThanOrEqual(claim.bound);
  });

  test.each(gated)("$kernel is within $bound ulp of x", (claim) => {
    const finite = (x: number) => (x === -Infinity ? 0 : claim.exact(x));
    const { error, at } = worst({ ...claim, exact: finite }, (_, x) => ulp(x));
    expect(error, `at ${at}`).toBeLessThanOrEqual(claim.bound);
  });
});

describe("special values", () => {
  test.each<[UnaryName, [x: number, y: number][]]>([
    [
      "exp",
      [
        [0, 1],
        [-0, 1],
        [Infinity, Infinity],
        [-Infinity, 0],
        [88.73, Infinity],
        [-1e30, 0],
      ],
    ],
    [
      "log",
      [
        [1, 0],
        [0, -Infinity],
        [-0, -Infinity],
        [Infinity, Infinity],
        [-1, Number.NaN],
        [-Infinity, Number.NaN],
      ],
    ],
    [
      "tanh",
      [
        [0, 0],
        [-0, -0],
        [Infinity, 1],
        [-Infinity, -1],
        [1e-40, Math.fround(1e-40)],
      ],
    ],
    [
      "erf",
      [
        [0, 0],
        [-0, -0],
        [Infinity, 1],
        [-Infinity, -1],
      ],
    ],
    [
      "sigmoid",
      [
        [0, 0.5],
        [Infinity, 1],
        [-Infinity, 0],
      ],
    ],
    [
      "softplus",
      [
        [Infinity, Infinity],
        [-Infinity, 0],
        [1e30, Math.fround(1e30)],
      ],
    ],
    [
      "sin",
      [
        [0, 0],
        [-0, -0],
        [Infinity, Number.NaN],
        [-Infinity, Number.NaN],
      ],
    ],
    [
      "cos",
      [
        [0, 1],
        [-0, 1],
        [Infinity, Number.NaN],
        [-Infinity, Number.NaN],
      ],
    ],
    [
      "gelu",
      [
        [0, 0],
        [Infinity, Infinity],
        [1e30, Math.fround(1e30)],
      ],
    ],
    [
      "geluTanh",
      [
        [0, 0],
        [Infinity, Infinity],
        [1e30, Math.fround(1e30)],
      ],
    ],
    [
      "silu",
      [
        [0, 0],
        [Infinity, Infinity],
        [1e30, Math.fround(1e30)],
      ],
    ],
  ])("%s", (kernel, pairs) => {
    const y = apply(
      kernel,
      Float32Array.from(pairs, ([x]) => x),
    );
    expect([...y]).toEqual(pairs.map(([, wanted]) => wanted));
  });

  test("every NaN gives NaN, whatever its sign and payload", () => {
    const bits = [0x7fc00000, 0xffc00000, 0x7f800001, 0xff800001, 0x7fffffff, 0xffffffff, 0x7fc001ff];
    const nan = new Float32Array(Uint32Array.from(bits).buffer);
    for (const { kernel } of [...claims, ...gated]) {
      expect([...apply(kernel, nan)], kernel).toEqual(bits.map(() => Number.NaN));
    }
  });

  test("the largest arguments of exp, to the float", () => {
    const [last, over] = [88.72283172607422, 88.72283935546875];
    const y = apply("exp", Float32Array.of(last, over));
    expect(y[0]).toBeLessThan(Infinity);
    expect(Math.abs(y[0]! / Math.exp(last) - 1)).toBeLessThan(2 ** -22);
    expect(y[1]).toBe(Math.fround(Math.exp(over)));
  });

  test("sine and cosine of huge angles are those of some angle", () => {
    const x = Float32Array.from({ length: 108 }, (_, i) => 1.7 * 2 ** (20 + i) * (i % 2 ? -1 : 1));
    const [sin, cos] = [apply("sin", x), apply("cos", x)];
    for (let i = 0; i < x.length; i++) expect(sin[i]! ** 2 + cos[i]! ** 2, `at ${x[i]}`).toBeCloseTo(1, 6);
  });
});
