import type { Tensor } from "../tensor/tensor.ts";
import { grad } from "./grad.ts";
import { jacobian } from "./jacobian.ts";
import type { TransformOptions } from "./support/trace.ts";

/** H(x)[i…, j…] = ∂²f(x) / ∂x[i…]∂x[j…] of a function to one number.  x: [n…]  H: [n…, n…] */
export function hessian(f: (x: Tensor) => Tensor, options: TransformOptions = {}): (x: Tensor) => Tensor {
  return jacobian(grad(f), options);
}
