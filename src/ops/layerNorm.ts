import { ABSENT } from "../runtime/kernels/index.ts";
import { empty, emptyLike, isRecorded, operands, type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { add } from "./add.ts";
import { mean } from "./mean.ts";
import { mul } from "./mul.ts";
import { rsqrt } from "./rsqrt.ts";
import { square } from "./square.ts";
import { sub } from "./sub.ts";
import { checkNormOperands, clear, present } from "./support/norm.ts";

export interface LayerNormOptions {
  /** Multiplies the normalised values. [C]; default 1. */
  readonly gain?: Tensor | undefined;
  /** Added at the end. [C]; default 0. */
  readonly bias?: Tensor | undefined;
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
}

/**
 * y = (x - mean)/√(variance + eps)·gain + bias over the last axis, the variance without correction.
 *
 *   x, y: [..., C]   gain, bias: [C]
 *
 * Ba, Kiros & Hinton 2016, "Layer normalization", equation 4.
 */
export function layerNorm(x: Tensor, { gain, bias, eps = 1e-5 }: LayerNormOptions = {}): Tensor {
  const inputs = [x, ...present(gain), ...present(bias)] as const;
  const { kernels } = operands("layerNorm", ...inputs);
  const { rows, width } = checkNormOperands("layerNorm", x, { gain, bias }, eps);
  const y = emptyLike(x);
  const run = (mean: Tensor, rstd: Tensor) =>
    kernels.layerNorm(
      y.ptr,
      mean.ptr,
      rstd.ptr,
      x.ptr,
      gain?.ptr ?? ABSENT,
      bias?.ptr ?? ABSENT,
      rows,
      width,
      eps,
    );
  const statistics = [empty(x.runtime, [rows]), empty(x.runtime, [rows])] as const;
  run(...statistics);
  const constants = { hasGain: gain !== undefined, hasBias: bias !== undefined, eps };
  const saved = isRecorded(...inputs) ? [x, ...statistics, ...present(gain)] : [];
  record(y, layerNormRule, { inputs, saved, constants });
  for (const statistic of statistics) statistic.dispose();
  return y;
}

interface LayerNormConstants {
  readonly hasGain: boolean;
  readonly hasBias: boolean;
  readonly eps: number;
}

/**
 * With g = dy·gain and n = (x - mean)·rstd:
 * dx = rstd·(g - mean(g) - n·mean(g·n)), dGain = Σ dy·n, dBias = Σ dy.
 */
const layerNormRule: Rule<LayerNormConstants> = {
  op: "layerNorm",
  backward([dy], { saved: [x, mean, rstd, gain], constants: { hasGain, hasBias }, needs }) {
    const { runtime, shape } = x!;
    const width = shape.at(-1)!;
    const dx = emptyLike(x!);
    const dGain = hasGain && needs[1] ? empty(runtime, [width]) : null;
    const dBias = hasBias && needs[hasGain ? 2 : 1] ? empty(runtime, [width]) : null;
    if (x!.size === 0) clear(dGain, dBias);
    else {
      runtime.scratch(2 * width, (scratch) =>
        runtime.kernels.layerNormBackward(
          dx.ptr,
          dGain?.ptr ?? ABSENT,
          dBias?.ptr ?? ABSENT,
          dy!.ptr,
          x!.ptr,
          gain?.ptr ?? ABSENT,
          mean!.ptr,
          rstd!.ptr,
          scratch,
          x!.size / width,
          width,
        ),
      );
    }
    return [dx, ...(hasGain ? [dGain] : []), ...(hasBias ? [dBias] : [])];
  },
  definition([x, ...rest], { hasGain, hasBias, eps }) {
    const centered = sub(x!, mean(x!, { axis: -1, keepDims: true }));
    const variance = mean(square(centered), { axis: -1, keepDims: true });
    const normalized = mul(centered, rsqrt(add(variance, eps)));
    const scaled = hasGain ? mul(normalized, rest[0]!) : normalized;
    return [hasBias ? add(scaled, rest.at(-1)!) : scaled];
  },
};
