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
 * As `grad`, and gives the value of f too.
 *
 * ```ts
 * const [loss, gradients] = valueAndGrad((model: Mlp) => meanSquaredError(model.forward(x), y))(model);
 * gradients["expand.weight"]; // of model.expand.weight
 * ```
 */
export function valueAndGrad<Xs extends readonly unknown[]>(
  f: (...xs: Xs) => Tensor,
  options: TransformOptions = {},
): (...xs: Xs) => [value: Tensor, gradients: GradientsOf<Xs>] {
  return (...xs) =>
    transform(xs, options, (context) => {
      const traced = trace(context, f, xs);
      const y = scalarOf("valueAndGrad", traced);
      const gradients = gradientsOfScalar(y, traced, context.differentiable);
      return [context.differentiable ? y : y.alias(), unwrap(xs, traced.assemble(gradients))];
    });
}
