import type { Generative } from "../../src/generation/decoder.ts";
import { Random } from "../../src/random.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { tensor } from "../../src/tensor/create.ts";

/** What a text's last tokens, at most two, say of the next one. */
export type Rule = (before: readonly number[]) => readonly number[];

/** A model that is a table: it keeps no cache, and reads the whole text each time. */
export function fakeModel(runtime: Runtime, vocabSize: number, rule: Rule, contextLength = 1000): Generative {
  return {
    config: { contextLength },
    runtime,
    cache: () => [],
    forward(tokens, { lengths, lastOnly }) {
      const [batch, time] = tokens.shape as [number, number];
      const ids = Array.from(tokens.toTypedArray());
      const positions = lastOnly ? 1 : time;
      const logits = Array.from({ length: batch * positions }, (_, i) => {
        const start = Math.floor(i / positions) * time;
        const end = start + (lastOnly ? (lengths?.[start / time] ?? time) : (i % positions) + 1);
        return [...rule(ids.slice(Math.max(start, end - 2), end))];
      });
      return tensor(logits.flat(), { shape: [batch, positions, vocabSize], runtime });
    },
  };
}

/** Logits from -3 to 3 that follow from the last two tokens and a seed. */
export function randomRule(vocabSize: number, seed: number): Rule {
  const random = new Random(seed);
  return (before) => {
    const key = before.reduce((fork, token) => fork.fork(token), random);
    return Array.from({ length: vocabSize }, (_, token) => 6 * key.uniform(token) - 3);
  };
}
