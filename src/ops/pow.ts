import { zerosLike } from "../tensor/create.ts";
import { isRecorded, operands, type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { equal } from "./equal.ts";
import { greaterEqual } from "./greaterEqual.ts";
import { log } from "./log.ts";
import { logicalAnd } from "./logicalAnd.ts";
import { mul } from "./mul.ts";
import { reciprocal } from "./reciprocal.ts";
import { sqrt } from "./sqrt.ts";
import { square } from "./square.ts";
import { sub } from "./sub.ts";
import { sumTo } from "./sumTo.ts";
import { binary } from "./support/binary.ts";
import { isFloatTensor, type Operand } from "./support/operand.ts";
import { where } from "./where.ts";

/**
 * y = aᵇ, broadcast. a, b: tensors or numbers; i32 operands are read as floats. A negative base is fine with whole exponents, else NaN.
 */
export function pow(a: Operand, b: Operand): Tensor {
  if (isFloatTensor(a) && typeof b === "number") return powScalar(a, b);
  return binary("pow", a, b, { floats: "pow" }, (y, left, right) =>
    record(y, powRule, {
      inputs: [left, right],
      saved: isRecorded(right) ? [left, right, y] : [left, right],
    }),
  );
}

/** ∂y/∂a = b·aᵇ⁻¹, which at a = b = 0 is 0; ∂y/∂b = y·log a, which at a = 0, b ≥ 0 is 0. */
const powRule: Rule = {
  op: "pow",
  backward: ([dy], { saved: [a, b, y], needs }) => {
    const zeroBase = equal(a!, 0);
    const slope = () => mul(b!, pow(a!, where(logicalAnd(zeroBase, equal(b!, 0)), 0, sub(b!, 1))));
    const logBase = () => log(where(logicalAnd(zeroBase, greaterEqual(b!, 0)), 1, a!));
    return [
      needs[0] ? sumTo(mul(dy!, slope()), a!.shape) : null,
      needs[1] ? sumTo(mul(dy!, mul(y!, logBase())), b!.shape) : null,
    ];
  },
};

/** The everyday exponents have kernels of their own, correctly rounded. */
const everyday = new Map<number, (x: Tensor) => Tensor>([
  [2, square],
  [0.5, sqrt],
  [-1, reciprocal],
]);

function powScalar(x: Tensor, exponent: number): Tensor {
  const special = everyday.get(exponent);
  if (special) return special(x);
  operands("pow", x);
  const y = binary("pow", x, exponent, { floats: "pow" }, (y) => y);
  return record(y, powScalarRule, { inputs: [x], saved: [x], constants: exponent });
}

const powScalarRule: Rule<number> = {
  op: "pow",
  backward: ([dy], { saved: [x], constants: exponent }) =>
    exponent === 0 ? [zerosLike(x!)] : [mul(mul(dy!, exponent), pow(x!, exponent - 1))],
};
