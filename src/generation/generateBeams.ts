import { type BeamModel, type BeamOptions, type BeamResult, beamSearch } from "./beamSearch.ts";
import { Decoder, type Generative } from "./decoder.ts";
import { checkedPrompt } from "./prompt.ts";

/**
 * The likeliest texts after a prompt that a beam search finds, the best first: `beamSearch` over a model that
 * generates.
 *
 * ```ts
 * const [best] = await generateBeams(model, prompt, { tokens: 20, beams: 8, stopTokens: [end] });
 * ```
 *
 * @throws ArgumentError for an empty prompt where the model has no start token, and for options out of their
 * range
 */
export async function generateBeams(
  model: Generative,
  prompt: ArrayLike<number>,
  options: BeamOptions,
): Promise<BeamResult[]> {
  const tokens = checkedPrompt(model, prompt);
  const decoder = new Decoder(model, 1);
  const start = { state: [tokens.slice(0, -1)], token: tokens.at(-1)!, prompt: tokens };
  try {
    return await beamSearch(overDecoder(decoder), start, options);
  } finally {
    decoder.dispose();
  }
}

/** Its state are the texts of the beams; the decoder keeps what they have in common with what it has read. */
function overDecoder(decoder: Decoder): BeamModel<readonly (readonly number[])[]> {
  return {
    step(tokens, texts) {
      const state = texts.map((text, beam) => [...text, tokens[beam]!]);
      return { logits: decoder.predict(state).map(({ logits }) => logits), state };
    },
    reorder(texts, rows) {
      decoder.reorder(rows);
      return rows.map((row) => texts[row]!);
    },
  };
}
