import { gradientsOf } from "../tensor/backward.ts";
import { fitting, floatsIn, type GradientOf, withNewHandles } from "./support/structure.ts";
import { type TransformOptions, trace, transform } from "./support/trace.ts";

/** From a cotangent for each tensor that f returned, in the same structure, to a gradient per argument. */
export type Pullback<Xs extends readonly unknown[], Y> = (dy: Y) => {
  readonly [I in keyof Xs]: GradientOf<Xs[I]>;
};

/**
 * f's value at xs, and the function dy ↦ dyᵀ·J with f's Jacobian J there, which may be called as often as
 * one likes. It keeps what the forward pass saved until the scope around this call ends.
 *
 * ```ts
 * const [y, pullback] = vjp((x: Tensor) => exp(x), [x]);
 * const [dx] = pullback(onesLike(y));
 * ```
 */
export function vjp<Xs extends readonly unknown[], Y>(
  f: (...xs: Xs) => Y,
  xs: Readonly<Xs>,
  options: TransformOptions = {},
): [y: Y, pullback: Pullback<Xs, Y>] {
  const { y, traced, differentiable } = transform(xs, options, (context) => {
    const traced = trace(context, f, xs);
    const y = context.differentiable ? traced.y : withNewHandles("vjp", traced.y);
    return { y, traced, differentiable: context.differentiable };
  });
  const pullback: Pullback<Xs, Y> = (dy) => {
    const given = floatsIn(dy);
    const cotangents = traced.outputs.map((output, j) => fitting("vjp", output, given[j]));
    return transform(xs, { createGraph: differentiable }, ({ runtime }) => {
      const createGraph = differentiable && runtime.recording;
      const walk = { createGraph, retainGraph: true };
      return traced.assemble(gradientsOf(traced.outputs, cotangents, traced.inputs, walk));
    }) as ReturnType<Pullback<Xs, Y>>;
  };
  return [y, pullback];
}
