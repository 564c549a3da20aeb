import { Linear } from "../../nn/linear.ts";
import { crossEntropy } from "../../ops/crossEntropy.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import {
  type Body,
  completeHeadConfig,
  dropSome,
  HEAD_DEVIATION,
  type HeadConfig,
  type HeadContext,
  type HeadInputs,
  type HeadOptions,
  type LabelledBatch,
  readBody,
} from "./body.ts";
import { withLanguageLoss } from "./languageLoss.ts";

/**
 * Tells the class of each symbol (Devlin et al. 2018, figure 4d).
 *
 *   tokens [B, T] → body → hidden [B, T, C] → classifier → logits [B, T, K]
 */
export class TokenClassifier<Kind extends Body = Body> {
  readonly config: HeadConfig;
  readonly body: Kind;
  readonly classifier: Linear;

  /** `classes`: K. @throws ArgumentError naming what does not fit */
  constructor(body: Kind, classes: number, options: Omit<HeadOptions, "summary">) {
    this.config = completeHeadConfig("TokenClassifier", body, classes, options);
    const { random } = options;
    const where = { random: random.fork("classifier"), deviation: HEAD_DEVIATION, runtime: body.runtime };
    this.body = body;
    this.classifier = new Linear(body.config.width, classes, where);
  }

  get runtime(): Runtime {
    return this.body.runtime;
  }

  /** tokens: [B, T] → logits: [B, T, K] */
  forward(inputs: HeadInputs, context: HeadContext = {}): Tensor {
    return this.runtime.scope(() => {
      const { hidden } = readBody(this.body, inputs, context);
      return this.#classify(hidden, context);
    });
  }

  /**
   * Mean cross-entropy of labels [B, T], and the auxiliary objective where there is one; a scalar. Padding,
   * and pieces of a word behind its first, have the label -100.
   */
  loss(batch: LabelledBatch, context: HeadContext = {}): Tensor {
    return this.runtime.scope(() => {
      const { hidden } = readBody(this.body, batch, context);
      const loss = crossEntropy(this.#classify(hidden, context), batch.labels);
      return withLanguageLoss(loss, this.body, this.config, batch, hidden);
    });
  }

  #classify(hidden: Tensor, { random }: HeadContext): Tensor {
    return this.classifier.forward(dropSome(hidden, this.config.dropout, random));
  }
}
