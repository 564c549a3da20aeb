import { ArgumentError } from "../errors.ts";
import { reshape } from "../ops/reshape.ts";
import { stack } from "../ops/stack.ts";
import { gradientsOf } from "../tensor/backward.ts";
import { tensor, zeros } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { isTensor } from "./support/structure.ts";
import { type TransformOptions, trace, transform } from "./support/trace.ts";

/**
 * J(x)[i…, j…] = ∂f(x)[i…] / ∂x[j…].  x: [n…]  f(x): [m…]  J: [m…, n…]
 *
 * One backward pass per element of f(x).
 */
export function jacobian(f: (x: Tensor) => Tensor, options: TransformOptions = {}): (x: Tensor) => Tensor {
  return (x) =>
    transform(x, options, (context) => {
      const { runtime, differentiable } = context;
      const { y, outputs, inputs, assemble } = trace<[Tensor], Tensor>(context, f, [x]);
      if (!isTensor(y) || outputs.length === 0) {
        throw new ArgumentError("jacobian", "f to return a tensor of floats", y);
      }
      const { shape, size } = outputs[0]!;
      const walk = { createGraph: differentiable, retainGraph: true };
      const row = (i: number) => {
        const unit = tensor(
          Float64Array.from({ length: size }, (_, j) => (i === j ? 1 : 0)),
          { shape, runtime },
        );
        return assemble(gradientsOf(outputs, [unit], inputs, walk))[0] as Tensor;
      };
      if (size === 0) return zeros([...shape, ...x.shape], { runtime });
      const rows = Array.from({ length: size }, (_, i) =>
        differentiable ? row(i) : runtime.scope(() => row(i)),
      );
      return reshape(stack(rows), [...shape, ...x.shape]);
    });
}
