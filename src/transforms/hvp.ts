import { gradientsOf } from "../tensor/backward.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { GradientOf } from "./support/structure.ts";
import { gradientsOfScalar, scalarOf, type TransformOptions, trace, transform } from "./support/trace.ts";

/**
 * H·v with the Hessian H of f, a function to one number, at x, without making H. v and the result have the
 * structure of x's gradient.
 *
 * The gradient of <gradient, v> with respect to x. Pearlmutter 1994, "Fast exact multiplication by the
 * Hessian".
 */
export function hvp<X>(
  f: (x: X) => Tensor,
  x: X,
  v: NoInfer<GradientOf<X>>,
  options: TransformOptions = {},
): GradientOf<X> {
  return transform([x], options, (context) => {
    const traced = trace<[X], Tensor>(context, f, [x]);
    const gradients = gradientsOfScalar(scalarOf("hvp", traced), traced, true);
    const directions = traced.flatten("hvp", [v]).filter((_, i) => gradients[i] !== null);
    const outputs = gradients.filter((gradient) => gradient !== null);
    const createGraph = context.differentiable;
    const products =
      outputs.length === 0
        ? traced.inputs.map(() => null)
        : gradientsOf(outputs, directions, traced.inputs, { createGraph });
    return traced.assemble(products)[0] as GradientOf<X>;
  });
}
