import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { kernelModules } from "../../src/platform/embedded.ts";
import { hasRelaxedSimd } from "../../src/runtime/features.ts";
import type { AttentionKernels } from "../../src/runtime/kernels/attention.ts";
import { attentionReference } from "../../src/runtime/reference/attention.ts";
import { type Precision, slotsOver } from "../../src/runtime/reference/slots.ts";
import { errorBounds, UNIT } from "./attentionBounds.ts";
import { drawValues, type Machine, type Name, type Problem, run, type Values } from "./attentionProblem.ts";

const reference64 = referenceMachine("f64");
const compiled = [compiledMachine("wasm", kernelModules.gemm())];
if (hasRelaxedSimd() && kernelModules.gemmRelaxed) {
  compiled.push(compiledMachine("relaxed wasm", kernelModules.gemmRelaxed()));
} else console.info("attention: this engine has no relaxed SIMD, the fused build is not run");

const machines = [referenceMachine("f32"), ...compiled];

function referenceMachine(precision: Precision): Machine {
  let buffer: ArrayBufferLike = new ArrayBuffer(0);
  const kernels = attentionReference(slotsOver(() => buffer, precision));
  const grown = (bytes: number) => {
    if (buffer.byteLength < bytes) buffer = new ArrayBuffer(bytes);
    return buffer;
  };
  return { name: `reference in ${precision}`, precision, buffer: grown, kernels };
}

function compiledMachine(name: string, module: WebAssembly.Module): Machine {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 });
  const kernels = new WebAssembly.Instance(module, { env: { memory } })
    .exports as unknown as AttentionKernels;
  const grown = (bytes: number) => {
    const missing = Math.ceil((bytes - memory.buffer.byteLength) / 65536);
    if (missing > 0) memory.grow(missing);
    return memory.buffer;
  };
  return { name, precision: "f32", buffer: grown, kernels };
}

/** Around few queries, tiles of 4, 6 and 8, panels of 24 and blocks of 96. */
const length = fc.oneof(
  fc.constantFrom(1, 2, 3, 4, 7, 8, 9, 23, 24, 25, 64, 95, 96, 97),
  fc.integer({ min: 1, max: 150 }),
);
const headWidth = fc.constantFrom(1, 3, 4, 5, 8, 13, 17, 32, 64, 80, 128);

const problems: fc.Arbitrary<Problem> = fc
  .record({
    queries: length,
    keys: length,
    headWidth,
    sharpness: fc.constantFrom(0.3, 1, 4),
    mask: fc.constantFrom("none", "causal", "shifted", "window"),
    shift: fc.integer({ min: -40, max: 40 }),
    reach: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 100 })),
    dropoutRate: fc.constantFrom(0, 0, 0.1, 0.5),
    packed: fc.boolean(),
    spare: fc.integer({ min: 0, max: 9 }),
    offset: fc.integer({ min: 0, max: 5 }),
    bound: fc.constantFrom(0.5, 1, 3),
    seed: fc.integer(),
  })
  .map(({ sharpness, mask, shift, reach, ...rest }) => ({
    ...rest,
    scale: sharpness / Math.sqrt(rest.headWidth),
    causalOffset: mask === "none" ? rest.keys : mask === "causal" ? 0 : shift,
    window: mask === "window" ? reach : 2 ** 30,
  }));

/** Longer than a block of 264 keys, so that the softmax is streamed. */
const long: Problem = {
  queries: 50,
  keys: 700,
  headWidth: 17,
  scale: 0.6,
  causalOffset: 640,
  window: 2 ** 30,
  dropoutRate: 0,
  packed: false,
  spare: 3,
  offset: 1,
  bound: 1,
  seed: 5,
};
const streamed: Problem[] = [
  long,
  { ...long, causalOffset: 500, window: 300 },
  { ...long, causalOffset: 250, queries: 40 },
  { ...long, causalOffset: 700, dropoutRate: 0.2, headWidth: 64 },
  { ...long, bound: 12, headWidth: 32 },
  { ...long, queries: 600, keys: 600, causalOffset: 0, headWidth: 8 },
];

describe.each(machines)("attention on $name", (machine) => {
  it("agrees with the reference in f64", () => {
    fc.assert(fc.property(problems, (problem) => expectForward(machine, problem)));
  });
  it.each(streamed)("streams over blocks of keys, %o", (problem) => expectForward(machine, problem));
});

describe.each(machines)("attentionBackwardAddInto on $name", (machine) => {
  it("agrees with the reference in f64", () => {
    fc.assert(fc.property(problems, (problem) => expectBackward(machine, problem)));
  });
  it.each(streamed)("over many blocks, %o", (problem) => expectBackward(machine, problem));
});

describe.each(machines)("the exponential of attention on $name", (machine) => {
  it("is right to a few units in the last place", () => {
    const queries = 500;
    const problem = { ...long, queries, keys: 2, headWidth: 1, scale: 1, causalOffset: 2 };
    const values = drawValues(problem);
    values.q.forEach((_, i) => {
      values.q[i] = Math.fround(i / 83);
    });
    values.k.set([0, -1]);
    const { rowSum } = run(machine, "attention", problem, values);
    // Scores 0 and -x: the factor of the scores is off by 1.5 units, 2^f by 3.2, the sum by 1.
    rowSum.forEach((sum, i) => {
      const x = values.q[i]!;
      expect(Math.abs(sum - (1 + Math.exp(-x)))).toBeLessThan((1.2 + (3.3 + 1.6 * x) * Math.exp(-x)) * UNIT);
    });
  });
});

/** So that queries may be split between threads anywhere, and a cache of keys changes nothing. */
describe.each(compiled)("the last of the queries alone on $name", (machine) => {
  it("give the bits of the whole", () => {
    fc.assert(
      fc.property(problems, fc.nat(), (problem, from) => {
        fc.pre(problem.queries > 1);
        expectPart(machine, problem, 1 + (from % (problem.queries - 1)));
      }),
    );
  });
  it.each(streamed)("also over blocks of keys, %o", (problem) => {
    for (const few of [1, 3, 4, 26]) {
      expectPart(machine, problem, problem.queries - few);
    }
  });
});

describe.each(machines)("attention on $name, where it is not finite", (machine) => {
  it("gives NaN to the queries that see it", () => {
    const problem = { ...long, causalOffset: 0, queries: 60, keys: 60 };
    const values = drawValues(problem);
    values.k.fill(Number.NaN, 30 * problem.headWidth, 31 * problem.headWidth);
    const { o } = run(machine, "attention", problem, values);
    const rows = Array.from({ length: 60 }, (_, i) =>
      o.subarray(i * problem.headWidth).slice(0, problem.headWidth),
    );
    expect(rows.map((row) => row.every(Number.isNaN))).toEqual(rows.map((_, i) => i >= 30));
    expect(
      rows
        .slice(0, 24)
        .flatMap((row) => [...row])
        .every(Number.isFinite),
    ).toBe(true);
  });
});

describe("the reference in f64", () => {
  interface Golden {
    readonly name: string;
    readonly kind: string;
    readonly causal: boolean;
    readonly causal_offset: number;
    readonly q: Tensor;
    readonly k: Tensor;
    readonly v: Tensor;
    readonly output: Tensor;
    readonly cotangent: Tensor;
    readonly grads: Record<"q" | "k" | "v", Tensor>;
    readonly key_keep?: Tensor;
  }
  interface Tensor {
    readonly shape: number[];
    readonly dtype: string;
    readonly data: number[];
  }
  const file = new URL("../golden/attention.json", import.meta.url);
  const { cases } = JSON.parse(readFileSync(file, "utf8")) as { cases: Golden[] };
  const core = cases.filter(({ kind }) => kind === "core");

  it.each(core)("gives what PyTorch gives: $name", (golden) => {
    const [batch, heads, queries, width] = golden.q.shape as [number, number, number, number];
    const keys = golden.k.shape[2]!;
    for (let head = 0; head < batch * heads; head++) {
      const part = ({ data, dtype }: Tensor, rows: number) => {
        const values = data.slice(head * rows * width, (head + 1) * rows * width);
        return Float64Array.from(dtype === "f32" ? values.map(Math.fround) : values);
      };
      const keep = golden.key_keep?.data.slice(Math.floor(head / heads) * keys).slice(0, keys);
      const seen = keep ? keep.filter((kept) => kept === 1).length : keys;
      expectGolden({
        problem: {
          ...long,
          queries,
          keys: seen,
          headWidth: width,
          scale: 1 / Math.sqrt(width),
          causalOffset: golden.causal ? golden.causal_offset : keys,
        },
        inputs: {
          q: part(golden.q, queries),
          k: part(golden.k, keys),
          v: part(golden.v, keys),
          dO: part(golden.cotangent, queries),
        },
        wanted: {
          o: part(golden.output, queries),
          dQ: part(golden.grads.q, queries),
          dK: part(golden.grads.k, keys),
          dV: part(golden.grads.v, keys),
        },
      });
    }
  });
});

function expectGolden(golden: {
  readonly problem: Problem;
  readonly inputs: Record<"q" | "k" | "v" | "dO", Float64Array>;
  readonly wanted: Record<"o" | "dQ" | "dK" | "dV", Float64Array>;
}): void {
  const { problem, inputs, wanted } = golden;
  const zeros = drawValues(problem);
  for (const name of ["dQ", "dK", "dV"] as const) zeros[name].fill(0);
  const forward = run(reference64, "attention", problem, { ...zeros, ...inputs });
  const backward = run(reference64, "backward", problem, forward);
  const got = { o: forward.o, dQ: backward.dQ, dK: backward.dK, dV: backward.dV };
  for (const name of ["o", "dQ", "dK", "dV"] as const) {
    // The file has 12 digits.
    const distance = (value: number, i: number) => Math.abs(value - wanted[name][i]!);
    expect(Math.max(...got[name].map(distance))).toBeLessThan(1e-10);
    expect(wanted[name].subarray(got[name].length).every((value) => value === 0)).toBe(true);
  }
}

function expectForward(machine: Machine, problem: Problem): void {
  const values = drawValues(problem);
  const exact = run(reference64, "attention", problem, values);
  const got = run(machine, "attention", problem, values);
  const bounds = errorBounds(problem, values);
  expectClose(got, exact, "o", bounds.output);
  expectClose(got, exact, "rowMaximum", bounds.rowMaximum);
  expectClose(
    got,
    exact,
    "rowSum",
    bounds.rowSum.map((relative, i) => relative * exact.rowSum[i]!),
  );
}

function expectBackward(machine: Machine, problem: Problem): void {
  const values = run(reference64, "attention", problem, drawValues(problem));
  const exact = run(reference64, "backward", problem, values);
  const got = run(machine, "backward", problem, values);
  const bounds = errorBounds(problem, values);
  for (const name of ["dQ", "dK", "dV"] as const) expectClose(got, exact, name, bounds[name]);
}

function expectPart(machine: Machine, problem: Problem, firstQuery: number): void {
  const values = drawValues(problem);
  const whole = run(machine, "attention", problem, values);
  const part = run(machine, "attention", problem, values, firstQuery);
  const { headWidth } = problem;
  expect(part.o.subarray(firstQuery * headWidth)).toEqual(whole.o.subarray(firstQuery * headWidth));
  expect(part.rowMaximum.subarray(firstQuery)).toEqual(whole.rowMaximum.subarray(firstQuery));
  expect(part.rowSum.subarray(firstQuery)).toEqual(whole.rowSum.subarray(firstQuery));
}

/** `bounds` has one for each row. */
function expectClose(got: Values, exact: Values, name: Name, bounds: readonly number[]): void {
  const width = exact[name].length / bounds.length;
  for (let i = 0; i < exact[name].length; i++) {
    const [value, wanted, bound] = [got[name][i]!, exact[name][i]!, bounds[Math.floor(i / width)]!];
    if (Math.abs(value - wanted) <= bound) continue;
    expect.fail(
      `${name}[${i}] is ${value}, not ${wanted}: ${Math.abs(value - wanted) / bound} times too far`,
    );
  }
}
