import { ABSENT } from "../runtime/kernels/index.ts";
import { empty, emptyLike, isRecorded, operands, type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { add } from "./add.ts";
import { mean as meanOf } from "./mean.ts";
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
  const inputs = present(x, gain, bias);
  const { kernels } = operands("layerNorm", x, ...inputs);
  const { rows, width } = checkNormOperands("layerNorm", x, eps, gain, bias);
  const y = emptyLike(x);
  const mean = empty(x.runtime, [rows]);
  const rstd = empty(x.runtime, [rows]);
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
  const constants = { hasGain: gain !== undefined, hasBias: bias !== undefined, eps };
  const saved = isRecorded(...inputs) ? present(x, mean, rstd, gain) : [];
  record(y, layerNormRule, { inputs, saved, constants });
  mean.dispose();
  rstd.dispose();
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
    const gradients: (Tensor | null)[] = [dx];
    if (hasGain) gradients.push(dGain);
    if (hasBias) gradients.push(dBias);
    return gradients;
  },
  definition([x, ...rest], { hasGain, hasBias, eps }) {
    const centered = sub(x!, meanOf(x!, { axis: -1, keepDims: true }));
    const variance = meanOf(square(centered), { axis: -1, keepDims: true });
    const normalized = mul(centered, rsqrt(add(variance, eps)));
    const scaled = hasGain ? mul(normalized, rest[0]!) : normalized;
    return [hasBias ? add(scaled, rest.at(-1)!) : scaled];
  },
};
