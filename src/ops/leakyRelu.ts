import { operands } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { greater } from "./greater.ts";
import { mul } from "./mul.ts";
import { where } from "./where.ts";

/** y = x where x > 0, else negativeSlope·x, whose slope it has at 0 too. negativeSlope: 0.01 by default. */
export function leakyRelu(x: Tensor, options: { readonly negativeSlope?: number } = {}): Tensor {
  const { negativeSlope = 0.01 } = options;
  return operands("leakyRelu", x).scope(() => where(greater(x, 0), x, mul(x, negativeSlope)));
}
