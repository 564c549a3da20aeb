import { ShapeError } from "../../errors.ts";
import { Linear } from "../../nn/linear.ts";
import { crossEntropy } from "../../ops/crossEntropy.ts";
import { reshape } from "../../ops/reshape.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import {
  type Body,
  completeHeadConfig,
  flattenTexts,
  HEAD_DEVIATION,
  type HeadConfig,
  type HeadContext,
  type HeadInputs,
  type HeadOptions,
  type LabelledBatch,
  readTexts,
} from "./body.ts";
import { withLanguageLoss } from "./languageLoss.ts";

/**
 * Tells which of N answers is right: each stands in a row with its question, gets a number, and a softmax
 * compares them (Radford et al. 2018, section 3.3; Devlin et al. 2018, section 4.4).
 *
 *   tokens [B, N, T] → body → summaries [B·N, C] → scorer → logits [B, N]
 */
export class MultipleChoice<Kind extends Body = Body> {
  readonly config: HeadConfig;
  readonly body: Kind;
  /** C numbers to one. */
  readonly scorer: Linear;

  /** @throws ArgumentError naming what does not fit */
  constructor(body: Kind, options: HeadOptions) {
    this.config = completeHeadConfig("MultipleChoice", body, 1, options);
    const { random } = options;
    const where = { random: random.fork("scorer"), deviation: HEAD_DEVIATION, runtime: body.runtime };
    this.body = body;
    this.scorer = new Linear(body.config.width, 1, where);
  }

  get runtime(): Runtime {
    return this.body.runtime;
  }

  /** tokens: [B, N, T] → logits: [B, N] */
  forward(inputs: HeadInputs, context: HeadContext = {}): Tensor {
    return this.runtime.scope(() => this.#read(inputs, context).logits);
  }

  /**
   * Mean cross-entropy of the right answers [B], and the auxiliary objective where there is one; a scalar.
   */
  loss(batch: LabelledBatch, context: HeadContext = {}): Tensor {
    return this.runtime.scope(() => {
      const { logits, texts, hidden } = this.#read(batch, context);
      const loss = crossEntropy(logits, batch.labels);
      return withLanguageLoss(loss, this.body, this.config, texts, hidden);
    });
  }

  #read(inputs: HeadInputs, context: HeadContext) {
    const { tokens } = inputs;
    if (tokens.rank !== 3) throw new ShapeError("MultipleChoice", "tokens of [B, N, T]", tokens.shape);
    const { texts, count } = flattenTexts("MultipleChoice", inputs);
    const { hidden, summary } = readTexts(this.body, this.config, texts, context);
    const logits = reshape(this.scorer.forward(summary), [tokens.shape[0]!, count]);
    return { logits, texts, hidden };
  }
}
