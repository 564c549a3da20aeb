import type { Linear } from "../../nn/linear.ts";
import {
  type Body,
  dropSome,
  type HeadContext,
  type HeadInputs,
  type HeadOptions,
  readBody,
} from "./body.ts";
import { type HeadReading, headLayer, TaskHead } from "./taskHead.ts";

/**
 * Tells the class of each symbol (Devlin et al. 2018, figure 4d). Padding, and pieces of a word behind its
 * first, have the label -100.
 *
 *   tokens [B, T] → body → hidden [B, T, C] → classifier → logits [B, T, K]
 */
export class TokenClassifier<Kind extends Body = Body> extends TaskHead<Kind> {
  readonly classifier: Linear;

  /** `classes`: K. @throws ArgumentError naming what does not fit */
  constructor(body: Kind, classes: number, options: Omit<HeadOptions, "summary">) {
    super("TokenClassifier", body, classes, options);
    this.classifier = headLayer(body, classes, options.random.fork("classifier"));
  }

  protected override read(texts: HeadInputs, context: HeadContext): HeadReading {
    const { hidden } = readBody(this.body, texts, context);
    const seen = dropSome(hidden, this.config.dropout, context.random);
    return { logits: this.classifier.forward(seen), texts, hidden };
  }
}
