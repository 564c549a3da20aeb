import { Linear } from "../../nn/linear.ts";
import { crossEntropy } from "../../ops/crossEntropy.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import {
  type Body,
  completeHeadConfig,
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
 * Tells the class of a text, or of two texts in one row, from the vector that stands for it (Devlin et al.
 * 2018, figure 4; Radford et al. 2018, section 3.2).
 *
 *   tokens [B, T] → body → summary [B, C] → classifier → logits [B, K]
 *
 * ```ts
 * const model = new SequenceClassifier(bert, 2, { random });
 * const loss = model.loss.bind(model);
 * for await (const step of train(loss, batches, { optimizer, steps })) console.log(step.loss);
 * ```
 */
export class SequenceClassifier<Kind extends Body = Body> {
  readonly config: HeadConfig;
  readonly body: Kind;
  readonly classifier: Linear;

  /** `classes`: K. @throws ArgumentError naming what does not fit */
  constructor(body: Kind, classes: number, options: HeadOptions) {
    this.config = completeHeadConfig("SequenceClassifier", body, classes, options);
    const { random } = options;
    const where = { random: random.fork("classifier"), deviation: HEAD_DEVIATION, runtime: body.runtime };
    this.body = body;
    this.classifier = new Linear(body.config.width, classes, where);
  }

  get runtime(): Runtime {
    return this.body.runtime;
  }

  /** tokens: [B, T] → logits: [B, K] */
  forward(inputs: HeadInputs, context: HeadContext = {}): Tensor {
    return this.runtime.scope(() =>
      this.classifier.forward(readTexts(this.body, this.config, inputs, context).summary),
    );
  }

  /** Mean cross-entropy of labels [B], and the auxiliary objective where there is one; a scalar. */
  loss(batch: LabelledBatch, context: HeadContext = {}): Tensor {
    return this.runtime.scope(() => {
      const { hidden, summary } = readTexts(this.body, this.config, batch, context);
      const loss = crossEntropy(this.classifier.forward(summary), batch.labels);
      return withLanguageLoss(loss, this.body, this.config, batch, hidden);
    });
  }
}
