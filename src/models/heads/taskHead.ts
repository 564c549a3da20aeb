import { Linear } from "../../nn/linear.ts";
import { crossEntropy } from "../../ops/crossEntropy.ts";
import type { Random } from "../../random.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import {
  type Body,
  completeHeadConfig,
  type HeadConfig,
  type HeadContext,
  type HeadInputs,
  type HeadOptions,
  type LabelledBatch,
} from "./body.ts";
import { withLanguageLoss } from "./languageLoss.ts";

/** What a head tells of texts, and what the auxiliary objective reads. */
export interface HeadReading {
  /** [..., K] */
  readonly logits: Tensor;
  /** Tokens of [R, T]. */
  readonly texts: HeadInputs;
  /** The body's states of them: [R, T, C]. */
  readonly hidden: Tensor;
}

/** Deviation of a head's initial weights, as in Radford et al. 2018 and Devlin et al. 2018. */
const DEVIATION = 0.02;

/** A layer over the vectors that a body makes.  [..., C] → [..., outputs] */
export const headLayer = (body: Body, outputs: number, random: Random): Linear =>
  new Linear(body.config.width, outputs, { random, deviation: DEVIATION, runtime: body.runtime });

/** What every task head has: a body, logits of what is to be told of texts, and their loss. */
export abstract class TaskHead<Kind extends Body = Body> {
  readonly config: HeadConfig;
  readonly body: Kind;

  /** `where` names the head in errors. @throws ArgumentError naming what does not fit */
  constructor(where: string, body: Kind, classes: number, options: HeadOptions) {
    this.config = completeHeadConfig(where, body, classes, options);
    this.body = body;
  }

  protected abstract read(inputs: HeadInputs, context: HeadContext): HeadReading;

  get runtime(): Runtime {
    return this.body.runtime;
  }

  /** Logits of each class, the last axis: the shapes are those above the head's class. */
  forward(inputs: HeadInputs, context: HeadContext = {}): Tensor {
    return this.runtime.scope(() => this.read(inputs, context).logits);
  }

  /** Mean cross-entropy of the labels, and the auxiliary objective where there is one; a scalar. */
  loss(batch: LabelledBatch, context: HeadContext = {}): Tensor {
    return this.runtime.scope(() => {
      const { logits, texts, hidden } = this.read(batch, context);
      return withLanguageLoss(crossEntropy(logits, batch.labels), this.body, this.config, texts, hidden);
    });
  }
}
