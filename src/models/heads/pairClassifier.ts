import type { Linear } from "../../nn/linear.ts";
import { reshape } from "../../ops/reshape.ts";
import { sum } from "../../ops/sum.ts";
import {
  type Body,
  flattenTexts,
  type HeadContext,
  type HeadInputs,
  type HeadOptions,
  readTexts,
} from "./body.ts";
import { type HeadReading, headLayer, TaskHead } from "./taskHead.ts";

/**
 * Tells the class of two texts, such as whether they say the same. Where neither is the first, an example has
 * both orders, whose vectors are added (Radford et al. 2018, section 3.3, "similarity").
 *
 *   tokens [B, N, T] → body → summaries [B, N, C] → sum [B, C] → classifier → logits [B, K]
 *
 * N is 2 for both orders, or 1; tokens of [B, T] are taken for [B, 1, T].
 */
export class PairClassifier<Kind extends Body = Body> extends TaskHead<Kind> {
  readonly classifier: Linear;

  /** `classes`: K. @throws ArgumentError naming what does not fit */
  constructor(body: Kind, classes: number, options: HeadOptions) {
    super("PairClassifier", body, classes, options);
    this.classifier = headLayer(body, classes, options.random.fork("classifier"));
  }

  protected override read(inputs: HeadInputs, context: HeadContext): HeadReading {
    const { texts, count } = flattenTexts("PairClassifier", inputs);
    const { hidden, summary } = readTexts(this.body, this.config, texts, context);
    const byPair = reshape(summary, [summary.shape[0]! / count, count, summary.shape[1]!]);
    return { logits: this.classifier.forward(sum(byPair, { axis: 1 })), texts, hidden };
  }
}
