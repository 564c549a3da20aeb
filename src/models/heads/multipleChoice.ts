import { ShapeError } from "../../errors.ts";
import type { Linear } from "../../nn/linear.ts";
import { reshape } from "../../ops/reshape.ts";
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
 * Tells which of N answers is right: each stands in a row with its question, gets a number, and a softmax
 * compares them (Radford et al. 2018, section 3.3; Devlin et al. 2018, section 4.4).
 *
 *   tokens [B, N, T] → body → summaries [B·N, C] → scorer → logits [B, N]
 */
export class MultipleChoice<Kind extends Body = Body> extends TaskHead<Kind> {
  /** C numbers to one. */
  readonly scorer: Linear;

  /** @throws ArgumentError naming what does not fit */
  constructor(body: Kind, options: HeadOptions) {
    super("MultipleChoice", body, 1, options);
    this.scorer = headLayer(body, 1, options.random.fork("scorer"));
  }

  protected override read(inputs: HeadInputs, context: HeadContext): HeadReading {
    const { tokens } = inputs;
    if (tokens.rank !== 3) throw new ShapeError("MultipleChoice", "tokens of [B, N, T]", tokens.shape);
    const { texts, count } = flattenTexts("MultipleChoice", inputs);
    const { hidden, summary } = readTexts(this.body, this.config, texts, context);
    const logits = reshape(this.scorer.forward(summary), [tokens.shape[0]!, count]);
    return { logits, texts, hidden };
  }
}
