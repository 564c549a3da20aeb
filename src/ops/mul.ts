import { emptyLike, type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { sumTo } from "./sumTo.ts";
import { runBinary } from "./support/binary.ts";
import { type Operand, promote, runtimeOf } from "./support/operand.ts";

/** y = a·b, broadcast. a, b: tensors or numbers. i32 where both are. */
export function mul(a: Operand, b: Operand): Tensor {
  const { kernels } = runtimeOf("mul", a, b);
  if (typeof b === "number" && typeof a !== "number" && a.dtype !== "i32") return mulScalar(a, b);
  if (typeof a === "number" && typeof b !== "number" && b.dtype !== "i32") return mulScalar(b, a);
  const [left, right] = promote("mul", a, b) as [Tensor, Tensor];
  const y = runBinary("mul", left, right, left.dtype === "i32" ? kernels.mulI32 : kernels.mul, left.dtype);
  return record(y, mulRule, { inputs: [left, right], saved: [left, right] });
}

const mulRule: Rule = {
  op: "mul",
  backward: ([dy], { saved: [a, b], needs }) => [
    needs[0] ? sumTo(mul(dy!, b!), a!.shape) : null,
    needs[1] ? sumTo(mul(dy!, a!), b!.shape) : null,
  ],
};

function mulScalar(x: Tensor, value: number): Tensor {
  const y = emptyLike(x);
  x.runtime.kernels.mulScalar(y.ptr, x.ptr, x.size, value);
  return record(y, mulScalarRule, { inputs: [x], constants: value });
}

const mulScalarRule: Rule<number> = {
  op: "mul",
  backward: ([dy], { constants: value }) => [mulScalar(dy!, value)],
};
