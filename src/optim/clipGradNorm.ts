import { ArgumentError } from "../errors.ts";
import { noteWrite } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** The 2-norm of all gradients together; parameters without one count as 0. */
export function gradientNorm(parameters: readonly Tensor[]): number {
  const runtime = parameters[0]?.runtime;
  let squares = 0;
  runtime?.scratch(1, (sum) => {
    for (const { grad } of parameters) {
      if (grad === null || grad.size === 0) continue;
      runtime.kernels.sumOfSquares(sum, grad.ptr, 1, grad.size, 1);
      squares += runtime.floats(sum, 1)[0]!;
    }
  });
  return Math.sqrt(squares);
}

/**
 * Scales all gradients by min(1, maxNorm/(norm + 1e-6)), as PyTorch's clip_grad_norm_ (Pascanu et al. 2013, algorithm 1). Returns the norm
 * before.
 */
export function clipGradNorm(parameters: readonly Tensor[], maxNorm: number): number {
  if (!(maxNorm > 0)) throw new ArgumentError("clipGradNorm", "a maxNorm above 0", maxNorm);
  const norm = gradientNorm(parameters);
  const scale = maxNorm / (norm + 1e-6);
  if (scale >= 1 || !Number.isFinite(norm)) return norm;
  for (const { grad } of parameters) {
    if (grad === null) continue;
    noteWrite("clipGradNorm", grad);
    grad.runtime.kernels.mulScalar(grad.ptr, grad.ptr, grad.size, scale);
  }
  return norm;
}
