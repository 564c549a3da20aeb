import type { Linear } from "../../nn/linear.ts";
import { type Body, type HeadContext, type HeadInputs, type HeadOptions, readTexts } from "./body.ts";
import { type HeadReading, headLayer, TaskHead } from "./taskHead.ts";

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
export class SequenceClassifier<Kind extends Body = Body> extends TaskHead<Kind> {
  readonly classifier: Linear;

  /** `classes`: K. @throws ArgumentError naming what does not fit */
  constructor(body: Kind, classes: number, options: HeadOptions) {
    super("SequenceClassifier", body, classes, options);
    this.classifier = headLayer(body, classes, options.random.fork("classifier"));
  }

  protected override read(texts: HeadInputs, context: HeadContext): HeadReading {
    const { hidden, summary } = readTexts(this.body, this.config, texts, context);
    return { logits: this.classifier.forward(summary), texts, hidden };
  }
}
