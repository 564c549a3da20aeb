import type { NormKernels } from "../../../src/runtime/kernels/norm.ts";
import { EPSILON, type Example, sumError, type Tolerance } from "../agreement.ts";
import type { Case, Draw } from "../draw.ts";
import * as d from "../draw.ts";
import { floatInput, floatOutput, scratch } from "../harness.ts";

/** What underflow may lose: a denormal, times dy·gain ≤ 2⁸ and n < 2⁶. */
const UNDERFLOW = 2 ** -134;

/** Around the chunks of rows in which gain and bias gradients are summed. */
const rowCount = () => d.oneOf(1, 2, 3, 5, 63, 64, 65, 130);

interface Rows {
  readonly rows: number;
  readonly width: number;
  readonly x: Float32Array;
  /** One per column, or absent. */
  readonly gain: Float32Array | null;
}

function drawRows(draw: Draw): Rows {
  const rows = draw(rowCount);
  const width = draw(d.rowWidth);
  const shift = draw(d.oneOf, 0, 0, 30);
  const x = d.floats(draw, rows * width, d.finite).map((value) => value + shift);
  return { rows, width, x, gain: draw(d.boolean) ? d.floats(draw, width, d.moderate) : null };
}

const optional = (values: Float32Array | null) => (values ? floatInput(values) : null);

/** Mean, centered second moment and mean magnitude of row r, in f64. */
function statistics({ x, width }: Rows, r: number): { mean: number; variance: number; magnitude: number } {
  const average = (term: (x: number) => number) => {
    let sum = 0;
    for (let i = r * width; i < (r + 1) * width; i++) sum += term(x[i]!);
    return sum / width;
  };
  const mean = average((value) => value);
  return { mean, variance: average((value) => (value - mean) ** 2), magnitude: average(Math.abs) };
}

/**
 * The mean is off by δ, `sumError` of the mean magnitude; 1/√(variance + eps) by half of the relative error
 * of what stands below.
 */
const layerNorm = (draw: Draw): Example => {
  const drawn = drawRows(draw);
  const { rows, width, x, gain } = drawn;
  const bias = draw(d.boolean) ? d.floats(draw, width, d.moderate) : null;
  const eps = Math.fround(1e-5);
  const tolerance: Tolerance = (exact, operand, i) => {
    const { mean, variance, magnitude } = statistics(drawn, operand === 0 ? Math.floor(i / width) : i);
    const meanError = sumError(width) * magnitude;
    if (operand === 1) return meanError + UNDERFLOW;
    const rstd = 1 / Math.sqrt(variance + eps);
    const relative = sumError(width) + meanError ** 2 * rstd ** 2;
    if (operand === 2) return relative * rstd;
    const normalized = (meanError + Math.abs(x[i]! - mean) * (relative + 2 * EPSILON)) * rstd;
    const j = i % width;
    const sum = Math.abs(bias?.[j] ?? 0) + Math.abs(exact);
    return normalized * Math.abs(gain?.[j] ?? 1) + EPSILON * sum + UNDERFLOW;
  };
  return {
    operands: [
      ...[floatOutput(rows * width), floatOutput(rows), floatOutput(rows), floatInput(x)],
      ...[optional(gain), optional(bias)],
    ],
    numbers: [rows, width, eps],
    seed: draw(d.seed),
    bits: [],
    tolerance,
  };
};

const rmsNorm = (draw: Draw): Example => {
  const { rows, width, x, gain } = drawRows(draw);
  return {
    operands: [floatOutput(rows * width), floatOutput(rows), floatInput(x), optional(gain)],
    numbers: [rows, width, Math.fround(1e-6)],
    seed: draw(d.seed),
    bits: [],
    // A sum of squares has nothing to cancel.
    tolerance: (exact) => sumError(width) * Math.abs(exact) + UNDERFLOW,
  };
};

/** What both backward kernels share: their inputs, and how far dx and dGain may be off. */
function drawBackward(draw: Draw, isCentered: boolean) {
  const drawn = drawRows(draw);
  const { rows, width, x, gain } = drawn;
  const dy = d.floats(draw, rows * width, d.finite);
  const mean = new Float32Array(rows).map((_, r) => (isCentered ? statistics(drawn, r).mean : 0));
  const rstd = d.floats(draw, rows, (random) => 0.1 + random());

  const g = (i: number) => Math.abs(dy[i]! * (gain?.[i % width] ?? 1));
  const n = (i: number) => Math.abs((x[i]! - mean[Math.floor(i / width)]!) * rstd[Math.floor(i / width)]!);
  const meanOver = (r: number, term: (i: number) => number) => {
    let sum = 0;
    for (let i = r * width; i < (r + 1) * width; i++) sum += term(i);
    return sum / width;
  };
  /** Each of the three terms of rstd·(g - mean(g) - n·mean(g·n)) to its own rounding. */
  const dxBound = Float64Array.from({ length: rows * width }, (_, i) => {
    const r = Math.floor(i / width);
    const means = (isCentered ? meanOver(r, g) : 0) + n(i) * meanOver(r, (j) => g(j) * n(j));
    return sumError(width) * rstd[r]! * (g(i) + means) + UNDERFLOW;
  });
  /** Sums over rows in chunks, so at most 66 additions. */
  const columnBound = (term: (i: number) => number) => (j: number) => {
    let sum = 0;
    for (let r = 0; r < rows; r++) sum += term(r * width + j);
    return 40 * EPSILON * sum + UNDERFLOW;
  };
  const dGainBound = columnBound((i) => Math.abs(dy[i]!) * n(i));
  const dBiasBound = columnBound((i) => Math.abs(dy[i]!));
  return { ...drawn, dy, mean, rstd, dxBound, dGainBound, dBiasBound };
}

/** An output that a caller may not want. */
const wanted = (draw: Draw, size: number) => (draw(d.oneOf, true, true, false) ? floatOutput(size) : null);

const layerNormBackward = (draw: Draw): Example => {
  const { rows, width, x, gain, dy, mean, rstd, ...bounds } = drawBackward(draw, true);
  return {
    operands: [
      ...[floatOutput(rows * width), wanted(draw, width), wanted(draw, width), floatInput(dy), floatInput(x)],
      ...[optional(gain), floatInput(mean), floatInput(rstd), scratch(2 * width)],
    ],
    numbers: [rows, width],
    seed: draw(d.seed),
    bits: [1, 2],
    tolerance: (_, operand, i) =>
      [bounds.dxBound[i]!, bounds.dGainBound(i % width), bounds.dBiasBound(i % width)][operand]!,
  };
};

const rmsNormBackward = (draw: Draw): Example => {
  const { rows, width, x, gain, dy, rstd, ...bounds } = drawBackward(draw, false);
  return {
    operands: [
      ...[floatOutput(rows * width), wanted(draw, width), floatInput(dy), floatInput(x)],
      ...[optional(gain), floatInput(rstd), scratch(width)],
    ],
    numbers: [rows, width],
    seed: draw(d.seed),
    bits: [1],
    tolerance: (_, operand, i) => [bounds.dxBound[i]!, bounds.dGainBound(i % width)][operand]!,
  };
};

export const normCases = {
  layerNorm,
  layerNormBackward,
  rmsNorm,
  rmsNormBackward,
} satisfies Record<keyof NormKernels, Case>;
