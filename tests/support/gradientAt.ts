import { gradientsOf } from "../../src/tensor/backward.ts";
import { onesLike, type TensorData, tensor } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";

/**
 * The gradients of Σ f(x₀, x₁, …)·dy at the given points, null where there is none; dy is all ones unless
 * given.
 */
export function gradientsAt(
  f: (...xs: Tensor[]) => Tensor,
  points: readonly TensorData[],
  dy?: TensorData,
): (Tensor | null)[] {
  const xs = points.map((point) => tensor(point, { requiresGrad: true }));
  const y = f(...xs);
  return gradientsOf([y], [dy === undefined ? onesLike(y) : tensor(dy)], xs);
}

/** The gradient of a function of one tensor. */
export function gradientAt(f: (x: Tensor) => Tensor, point: TensorData, dy?: TensorData): Tensor {
  const [dx] = gradientsAt(f, [point], dy);
  if (!dx) throw new Error("gradientAt: the function does not depend on its argument");
  return dx;
}
