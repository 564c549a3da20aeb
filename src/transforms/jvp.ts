import { ArgumentError } from "../errors.ts";
import { gradientsOf } from "../tensor/backward.ts";
import { zerosLike } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type GradientOf, isTensor } from "./support/structure.ts";
import { type TransformOptions, trace, transform } from "./support/trace.ts";

/**
 * f's value at xs and its derivative there along `tangents`, J·tangents: one tangent per argument, of its
 * structure.
 *
 * The pullback u ↦ uᵀ·J is linear in u, so its own pullback is v ↦ J·v: reverse mode twice gives forward
 * mode (Townsend 2017).
 *
 * ```ts
 * const [y, dy] = jvp((x: Tensor) => exp(x), [tensor(0)], [tensor(2)]); // 1 and 2
 * ```
 */
export function jvp<Xs extends readonly unknown[]>(
  f: (...xs: Xs) => Tensor,
  xs: Readonly<Xs>,
  tangents: { readonly [I in keyof Xs]: GradientOf<Xs[I]> },
  options: TransformOptions = {},
): [y: Tensor, dy: Tensor] {
  return transform(xs, options, (context) => {
    const { differentiable } = context;
    const { y, outputs, inputs, flatten } = trace(context, f, xs);
    if (!isTensor(y) || outputs.length === 0)
      throw new ArgumentError("jvp", "f to return a tensor of floats", y);
    const u = zerosLike(outputs[0]!);
    u.requiresGrad = true;
    const pulled = gradientsOf(outputs, [u], inputs, { createGraph: true });
    const dy = pushed(pulled, flatten("jvp", tangents), u, differentiable) ?? zerosLike(u);
    return [differentiable ? y : y.alias(), dy];
  });
}

/** The gradient of Σ pulled·tangents with respect to u. */
function pushed(
  pulled: readonly (Tensor | null)[],
  tangents: readonly (Tensor | null)[],
  u: Tensor,
  createGraph: boolean,
): Tensor | null {
  const outputs = pulled.filter((gradient) => gradient !== null);
  if (outputs.length === 0) return null;
  const cotangents = tangents.filter((_, i) => pulled[i] !== null);
  return gradientsOf(outputs, cotangents, [u], { createGraph })[0]!;
}
