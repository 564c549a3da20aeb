import type { Runtime } from "../runtime/runtime.ts";
import { LayerNorm } from "./layerNorm.ts";
import { RmsNorm } from "./rmsNorm.ts";

/** "layer" centres and scales each vector (Ba et al. 2016), "rms" only scales it (Zhang & Sennrich 2019). */
export type NormKind = "layer" | "rms";

export type Norm = LayerNorm | RmsNorm;

export interface NormOptions {
  /** Default "layer". */
  readonly norm?: NormKind;
  /** Added to the variance or the mean square. Default 1e-5. */
  readonly normEpsilon?: number;
  /** Whether a layer norm has a bias. Default true. */
  readonly bias?: boolean;
  /** Default: the default runtime. */
  readonly runtime?: Runtime;
}

/** The norm of vectors of the given width that the options name. */
export function makeNorm(
  width: number,
  { norm = "layer", normEpsilon: eps = 1e-5, ...options }: NormOptions,
): Norm {
  const { bias = true, runtime } = options;
  const shared = runtime ? { eps, runtime } : { eps };
  return norm === "rms" ? new RmsNorm(width, shared) : new LayerNorm(width, { ...shared, bias });
}
