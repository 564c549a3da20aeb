import type { Tensor } from "../tensor/tensor.ts";
import { runUnary } from "./support/unary.ts";

/** y = 1 where x is neither infinite nor NaN, else 0. No gradient. */
// biome-ignore lint/suspicious/noShadowRestrictedNames: what the op is called everywhere
export function isFinite(x: Tensor): Tensor {
  return runUnary("isFinite", "isFinite", x);
}
