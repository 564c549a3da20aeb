import type { Shape } from "../shape.ts";
import { emptyLike, type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { sumTo } from "./sumTo.ts";
import { runBinary } from "./support/binary.ts";
import { type Operand, promote, runtimeOf } from "./support/operand.ts";

/** y = a + b, broadcast. a, b: tensors or numbers. i32 where both are. */
export function add(a: Operand, b: Operand): Tensor {
  const { kernels } = runtimeOf("add", a, b);
  if (typeof b === "number" && typeof a !== "number" && a.dtype !== "i32") return addScalar(a, b);
  if (typeof a === "number" && typeof b !== "number" && b.dtype !== "i32") return addScalar(b, a);
  const [left, right] = promote("add", a, b) as [Tensor, Tensor];
  const y = runBinary("add", left, right, left.dtype === "i32" ? kernels.addI32 : kernels.add, left.dtype);
  return record(y, addRule, { inputs: [left, right], constants: [left.shape, right.shape] });
}

const addRule: Rule<readonly [Shape, Shape]> = {
  op: "add",
  backward: ([dy], { constants: [aShape, bShape], needs }) => [
    needs[0] ? sumTo(dy!, aShape) : null,
    needs[1] ? sumTo(dy!, bShape) : null,
  ],
};

function addScalar(x: Tensor, value: number): Tensor {
  const y = emptyLike(x);
  x.runtime.kernels.addScalar(y.ptr, x.ptr, x.size, value);
  return record(y, addScalarRule, { inputs: [x] });
}

const addScalarRule: Rule = { op: "add", backward: ([dy]) => [dy!] };
