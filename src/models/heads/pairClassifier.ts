import { Linear } from "../../nn/linear.ts";
import { crossEntropy } from "../../ops/crossEntropy.ts";
import { reshape } from "../../ops/reshape.ts";
import { sum } from "../../ops/sum.ts";
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
 * Tells the class of two texts, such as whether they say the same. Where neither is the first, an example has
 * both orders, whose vectors are added (Radford et al. 2018, section 3.3, "similarity").
 *
 *   tokens [B, N, T] → body → summaries [B, N, C] → sum [B, C] → classifier → logits [B, K]
 *
 * N is 2 for both orders, or 1.
 */
export class PairClassifier<Kind extends Body = Body> {
  readonly config: HeadConfig;
  readonly body: Kind;
  readonly classifier: Linear;

  /** `classes`: K. @throws ArgumentError naming what does not fit */
  constructor(body: Kind, classes: number, options: HeadOptions) {
    this.config = completeHeadConfig("PairClassifier", body, classes, options);
    const { random } = options;
    const where = { random: random.fork("classifier"), deviation: HEAD_DEVIATION, runtime: body.runtime };
    this.body = body;
    this.classifier = new Linear(body.config.width, classes, where);
  }

  get runtime(): Runtime {
    return this.body.runtime;
  }

  /** tokens: [B, N, T], or [B, T] for one order → logits: [B, K] */
  forward(inputs: HeadInputs, context: HeadContext = {}): Tensor {
    return this.runtime.scope(() => this.#read(inputs, context).logits);
  }

  /** Mean cross-entropy of labels [B], and the auxiliary objective where there is one; a scalar. */
  loss(batch: LabelledBatch, context: HeadContext = {}): Tensor {
    return this.runtime.scope(() => {
      const { logits, texts, hidden } = this.#read(batch, context);
      const loss = crossEntropy(logits, batch.labels);
      return withLanguageLoss(loss, this.body, this.config, texts, hidden);
    });
  }

  #read(inputs: HeadInputs, context: HeadContext) {
    const { texts, count } = flattenTexts("PairClassifier", inputs);
    const { hidden, summary } = readTexts(this.body, this.config, texts, context);
    const byPair = reshape(summary, [summary.shape[0]! / count, count, summary.shape[1]!]);
    return { logits: this.classifier.forward(sum(byPair, { axis: 1 })), texts, hidden };
  }
}
