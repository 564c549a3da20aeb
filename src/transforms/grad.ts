import type { Tensor } from "../tensor/tensor.ts";
import type { GradientsOf } from "./support/structure.ts";
import {
  gradientsOfScalar,
  scalarOf,
  type TransformOptions,
  trace,
  transform,
  unwrap,
} from "./support/trace.ts";

/**
 * The function that gives the gradient of f, a function to one number, with respect to its arguments:
 * tensors, arrays and records of them, or a model. With one argument its gradient, else a list of them. i32
 * tensors have gradient zero.
 *
 * ```ts
 * const cube = (x: Tensor) => mul(mul(x, x), x);
 * grad(cube)(tensor(2)); // 12
 * grad(grad(cube))(tensor(2)); // 12
 * ```
 */
export function grad<Xs extends readonly unknown[]>(
  f: (...xs: Xs) => Tensor,
  options: TransformOptions = {},
): (...xs: Xs) => GradientsOf<Xs> {
  return (...xs) =>
    transform(xs, options, (context) => {
      const traced = trace(context, f, xs);
      const gradients = gradientsOfScalar(scalarOf("grad", traced), traced, context.differentiable);
      return unwrap(xs, traced.assemble(gradients));
    });
}
