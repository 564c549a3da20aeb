import type { AdamwKernels } from "../../../src/runtime/kernels/adamw.ts";
import { EPSILON, type Tolerance } from "../agreement.ts";
import type { Case } from "../draw.ts";
import * as d from "../draw.ts";
import { changed, floatInput } from "../harness.ts";

/** Constants as f32 has them, so that both precisions compute the same step. */
const f32 = (...constants: readonly number[]) => constants.map(Math.fround);

const adamw: Case = (draw) => {
  const size = draw(d.vectorSize);
  const gradient = d.floats(draw, size, d.finite);
  const p = d.floats(draw, size, d.finite);
  const m = d.floats(draw, size, d.finite);
  const v = d.floats(draw, size, d.finite).map((x) => x * x);
  const step = draw(d.oneOf, 1, 2, 10, 1000);
  const [decay, stepSize] = [1e-3 * 0.1, 1e-3 / (1 - 0.9 ** step)];
  const rootScale = 1 / Math.sqrt(1 - 0.99 ** step);

  // p is off by its own roundings, and by those of an update of stepSize·m/(√v·rootScale + eps), a few
  // relative to its terms.
  const tolerance: Tolerance = (exact, operand, i) => {
    if (operand === 1) return 2 * EPSILON * (Math.abs(m[i]!) + Math.abs(gradient[i]!)) + 2 ** -148;
    if (operand === 2) return 2 * EPSILON * Math.abs(exact) + 2 ** -148;
    const root = Math.sqrt(0.99 * v[i]! + 0.01 * gradient[i]! ** 2) * rootScale + 1e-8;
    const update = (stepSize * (0.9 * Math.abs(m[i]!) + 0.1 * Math.abs(gradient[i]!))) / root;
    // A denormal lost in m, or in stepSize·m, is divided by a small root.
    const underflow = 2 ** -148 * (1 + (1 + stepSize) / root);
    return 2 * EPSILON * Math.abs(p[i]!) + 6 * EPSILON * update + underflow;
  };
  return {
    operands: [p, m, v].map((x) => changed(floatInput(x))).concat(floatInput(gradient)),
    numbers: [size, ...f32(decay, 0.9, 1 - 0.9, 0.99, 1 - 0.99, stepSize, rootScale, 1e-8)],
    seed: draw(d.seed),
    bits: "all",
    tolerance,
  };
};

export const adamwCases = { adamw } satisfies Record<keyof AdamwKernels, Case>;
