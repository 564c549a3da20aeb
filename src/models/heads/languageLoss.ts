import { add } from "../../ops/add.ts";
import { crossEntropy } from "../../ops/crossEntropy.ts";
import { mul } from "../../ops/mul.ts";
import { tensor } from "../../tensor/create.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Body, HeadConfig, HeadInputs } from "./body.ts";

/** The target of a position that has none: the last symbol of a text, and padding. */
const NO_TARGET = -100;

/**
 * The loss of a task and λ times that of predicting the texts themselves.
 *
 *   L₃ = L₂ + λ·L₁   (Radford et al. 2018, equation 5)
 *
 * texts: tokens [R, T]; hidden: the body's states of them, [R, T, C]
 */
export function withLanguageLoss(
  loss: Tensor,
  body: Body,
  { languageWeight }: HeadConfig,
  texts: HeadInputs,
  hidden: Tensor,
): Tensor {
  if (languageWeight === 0 || !("logits" in body)) return loss;
  const language = crossEntropy(body.logits(hidden), nextSymbols(texts));
  return add(loss, mul(language, languageWeight));
}

/** What follows each symbol of a text: [R, T], i32. */
function nextSymbols({ tokens, lengths }: HeadInputs): Tensor {
  const [rows, time] = tokens.shape as [number, number];
  const all = tokens.toTypedArray();
  const next = new Int32Array(all.length).fill(NO_TARGET);
  for (let row = 0; row < rows; row++) {
    const start = row * time;
    const length = lengths?.[row] ?? time;
    for (let place = start; place < start + length - 1; place++) next[place] = all[place + 1]!;
  }
  return tensor(next, { shape: tokens.shape, runtime: tokens.runtime });
}
