import { ArgumentError } from "../errors.ts";
import { type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { add } from "./add.ts";
import { erf } from "./erf.ts";
import { mul } from "./mul.ts";
import { pow } from "./pow.ts";
import { runUnary, runUnaryBackward } from "./support/unary.ts";
import { tanh } from "./tanh.ts";

export interface GeluOptions {
  /** "none" (default): by the error function, as nanoGPT and BERT; "tanh": by its approximation, as GPT-2. */
  readonly approximate?: "none" | "tanh";
}

/** y = x·Φ(x), Φ the distribution function of the normal distribution. Hendrycks & Gimpel 2016, section 2. */
export function gelu(x: Tensor, { approximate = "none" }: GeluOptions = {}): Tensor {
  const form = forms[approximate];
  if (form === undefined) throw new ArgumentError("gelu", 'approximate "none" or "tanh"', approximate);
  return record(runUnary("gelu", form.kernel, x), form.rule, { inputs: [x], saved: [x] });
}

const ROOT_2_OVER_PI = Math.sqrt(2 / Math.PI);

/** Φ(x) = (1 + erf(x/√2))/2. */
const exactRule: Rule = {
  op: "gelu",
  backward: ([dy], { saved: [x] }) => [runUnaryBackward("geluBackward", dy!, x!)],
  definition: ([x]) => [mul(mul(x!, 0.5), add(erf(mul(x!, Math.SQRT1_2)), 1))],
};

/** Φ(x) ≈ (1 + tanh(√(2/π)·(x + 0.044715·x³)))/2. */
const tanhRule: Rule = {
  op: "gelu",
  backward: ([dy], { saved: [x] }) => [runUnaryBackward("geluTanhBackward", dy!, x!)],
  definition: ([x]) => {
    const argument = mul(add(x!, mul(pow(x!, 3), 0.044715)), ROOT_2_OVER_PI);
    return [mul(mul(x!, 0.5), add(tanh(argument), 1))];
  },
};

const forms = {
  none: { kernel: "gelu", rule: exactRule },
  tanh: { kernel: "geluTanh", rule: tanhRule },
} as const;
