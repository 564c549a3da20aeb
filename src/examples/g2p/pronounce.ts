/** Two ways to write phonemes for words: the likeliest one each time, and the likeliest of many sequences. */
import { argmax, padRows, type Seq2Seq, scope, tensor, translate } from "lanegrad";
import { symbols } from "./dictionary.ts";

const WORDS_AT_ONCE = 250;

/** Takes the likeliest phoneme each time, for many words at once. */
export function pronounceGreedily(model: Seq2Seq, sources: readonly Int32Array[]): number[][] {
  const parts = Math.ceil(sources.length / WORDS_AT_ONCE);
  return Array.from({ length: parts }, (_, part) =>
    pronounceAtOnce(model, sources.slice(part * WORDS_AT_ONCE, (part + 1) * WORDS_AT_ONCE)),
  ).flat();
}

function pronounceAtOnce(model: Seq2Seq, sources: readonly Int32Array[]): number[][] {
  const state = scope(() => {
    const { tokens, lengths } = padRows(sources, symbols.paddingToken);
    return model.start(tokens, lengths);
  });
  const written = sources.map((): number[] => []);
  const ended = new Set<number>();
  let last = new Int32Array(sources.length).fill(symbols.startToken);
  for (let time = 0; time < model.config.contextLength && ended.size < sources.length; time++) {
    last = scope(() => {
      const logits = model.step(tensor(last, { shape: [last.length, 1] }), state);
      return Int32Array.from(argmax(logits, { axis: -1 }).toTypedArray(), Number);
    });
    last.forEach((phoneme, row) => {
      if (phoneme === symbols.endToken) ended.add(row);
      if (!ended.has(row)) written[row]!.push(phoneme);
    });
  }
  state.dispose();
  return written;
}

/** Follows the likeliest beginnings; the length penalty is that of Vaswani et al. 2017, section 6.1. */
export async function pronounceWithBeams(
  model: Seq2Seq,
  sources: readonly Int32Array[],
  beams: number,
): Promise<number[][]> {
  const options = { tokens: model.config.contextLength, beams, lengthPenalty: 0.6 };
  const written: number[][] = [];
  for (const source of sources) {
    const [best] = await translate(model, source, options);
    written.push((best?.tokens ?? []).filter((phoneme) => phoneme !== symbols.endToken));
  }
  return written;
}
