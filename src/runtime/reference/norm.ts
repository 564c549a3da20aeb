import { ABSENT, type Ptr } from "../kernels/index.ts";
import { NORM_CHUNK_ROWS, type NormKernels } from "../kernels/norm.ts";
import type { Slots } from "./slots.ts";

/**
 * Sums along a row are doubles, rounded when a result is stored; sums over rows keep the order of the
 * contract.
 */
export function normReference(slots: Slots): NormKernels {
  const { floats, round } = slots;
  return {
    layerNorm(y, mean, rstd, x, gain, bias, rows, width, eps) {
      const to = floats(y);
      const meanOf = floats(mean);
      const rstdOf = floats(rstd);
      const from = floats(x);
      const factor = orElse(slots, gain, 1);
      const shift = orElse(slots, bias, 0);
      for (let r = 0; r < rows; r++) {
        const center = rowMean(width, (j) => from[r * width + j]!);
        const variance = rowMean(width, (j) => (from[r * width + j]! - center) ** 2);
        const scale = 1 / Math.sqrt(variance + eps);
        for (let j = 0; j < width; j++) {
          const i = r * width + j;
          to[i] = (from[i]! - center) * scale * factor(j) + shift(j);
        }
        meanOf[r] = center;
        rstdOf[r] = scale;
      }
    },
    layerNormBackward(dx, dGain, dBias, dy, x, gain, mean, rstd, _scratch, rows, width) {
      const to = floats(dx);
      const cotangent = floats(dy);
      const from = floats(x);
      const center = floats(mean);
      const scale = floats(rstd);
      const factor = orElse(slots, gain, 1);
      const normalized = (r: number, j: number) =>
        round(round(from[r * width + j]! - center[r]!) * scale[r]!);
      const dyAt = (r: number, j: number) => cotangent[r * width + j]!;
      sumOverRows(slots, dGain, rows, width, (r, j) => round(dyAt(r, j) * normalized(r, j)));
      sumOverRows(slots, dBias, rows, width, dyAt);

      for (let r = 0; r < rows; r++) {
        const g = (j: number) => dyAt(r, j) * factor(j);
        const meanOfG = rowMean(width, g);
        const meanOfProduct = rowMean(width, (j) => g(j) * normalized(r, j));
        for (let j = 0; j < width; j++) {
          to[r * width + j] = scale[r]! * (g(j) - meanOfG - normalized(r, j) * meanOfProduct);
        }
      }
    },
    rmsNorm(y, rstd, x, gain, rows, width, eps) {
      const to = floats(y);
      const rstdOf = floats(rstd);
      const from = floats(x);
      const factor = orElse(slots, gain, 1);
      for (let r = 0; r < rows; r++) {
        const scale = 1 / Math.sqrt(rowMean(width, (j) => from[r * width + j]! ** 2) + eps);
        for (let j = 0; j < width; j++) to[r * width + j] = from[r * width + j]! * scale * factor(j);
        rstdOf[r] = scale;
      }
    },
    rmsNormBackward(dx, dGain, dy, x, gain, rstd, _scratch, rows, width) {
      const to = floats(dx);
      const cotangent = floats(dy);
      const from = floats(x);
      const scale = floats(rstd);
      const factor = orElse(slots, gain, 1);
      const normalized = (r: number, j: number) => round(from[r * width + j]! * scale[r]!);
      const dyAt = (r: number, j: number) => cotangent[r * width + j]!;
      sumOverRows(slots, dGain, rows, width, (r, j) => round(dyAt(r, j) * normalized(r, j)));

      for (let r = 0; r < rows; r++) {
        const g = (j: number) => dyAt(r, j) * factor(j);
        const meanOfProduct = rowMean(width, (j) => g(j) * normalized(r, j));
        for (let j = 0; j < width; j++) {
          to[r * width + j] = scale[r]! * (g(j) - normalized(r, j) * meanOfProduct);
        }
      }
    },
  };
}

/** An operand of one element per column, or a constant where it is absent. */
function orElse({ floats }: Slots, ptr: Ptr, constant: number): (j: number) => number {
  if (ptr === ABSENT) return () => constant;
  const values = floats(ptr);
  return (j) => values[j]!;
}

function rowMean(width: number, term: (j: number) => number): number {
  let sum = 0;
  for (let j = 0; j < width; j++) sum += term(j);
  return sum / width;
}

/** y[j] = Σ_r term(r, j), in chunks of rows whose sums are added in order; nothing where y is absent. */
function sumOverRows(
  { floats, round }: Slots,
  y: Ptr,
  rows: number,
  width: number,
  term: (r: number, j: number) => number,
): void {
  if (y === ABSENT) return;
  const to = floats(y);
  for (let j = 0; j < width; j++) {
    let total = 0;
    for (let start = 0; start < rows; start += NORM_CHUNK_ROWS) {
      let chunk = 0;
      for (let r = start; r < Math.min(start + NORM_CHUNK_ROWS, rows); r++) chunk = round(chunk + term(r, j));
      total = round(total + chunk);
    }
    to[j] = total;
  }
}
