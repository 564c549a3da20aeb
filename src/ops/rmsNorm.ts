import { ABSENT } from "../runtime/kernels/index.ts";
import { empty, emptyLike, isRecorded, operands, type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { add } from "./add.ts";
import { mean } from "./mean.ts";
import { mul } from "./mul.ts";
import { rsqrt } from "./rsqrt.ts";
import { square } from "./square.ts";
import { checkNormOperands, clear, present } from "./support/norm.ts";

export interface RmsNormOptions {
  /** Multiplies the normalised values. [C]; default 1. */
  readonly gain?: Tensor | undefined;
  /** Added to the mean square. Default 1e-5. */
  readonly eps?: number;
}

/**
 * y = x/√(mean(x²) + eps)·gain over the last axis.  x, y: [..., C]  gain: [C]
 *
 * Zhang & Sennrich 2019, "Root mean square layer normalization", equation 4.
 */
export function rmsNorm(x: Tensor, { gain, eps = 1e-5 }: RmsNormOptions = {}): Tensor {
  const inputs = present(x, gain);
  const { kernels } = operands("rmsNorm", x, ...inputs);
  const { rows, width } = checkNormOperands("rmsNorm", x, eps, gain);
  const y = emptyLike(x);
  const rstd = empty(x.runtime, [rows]);
  kernels.rmsNorm(y.ptr, rstd.ptr, x.ptr, gain?.ptr ?? ABSENT, rows, width, eps);
  const saved = isRecorded(...inputs) ? present(x, rstd, gain) : [];
  record(y, rmsNormRule, { inputs, saved, constants: { eps } });
  rstd.dispose();
  return y;
}

/** With g = dy·gain and n = x·rstd: dx = rstd·(g - n·mean(g·n)), dGain = Σ dy·n. */
const rmsNormRule: Rule<{ readonly eps: number }> = {
  op: "rmsNorm",
  backward([dy], { saved: [x, rstd, gain], needs }) {
    const { runtime, shape } = x!;
    const width = shape.at(-1)!;
    const dx = emptyLike(x!);
    const dGain = gain && needs[1] ? empty(runtime, [width]) : null;
    if (x!.size === 0) clear(dGain);
    else {
      runtime.scratch(width, (scratch) =>
        runtime.kernels.rmsNormBackward(
          dx.ptr,
          dGain?.ptr ?? ABSENT,
          dy!.ptr,
          x!.ptr,
          gain?.ptr ?? ABSENT,
          rstd!.ptr,
          scratch,
          x!.size / width,
          width,
        ),
      );
    }
    return gain ? [dx, dGain] : [dx];
  },
  definition([x, gain], { eps }) {
    const meanSquare = mean(square(x!), { axis: -1, keepDims: true });
    const normalized = mul(x!, rsqrt(add(meanSquare, eps)));
    return [gain ? mul(normalized, gain) : normalized];
  },
};
