import { afterAll, describe, expect, it } from "vitest";
import { constrainToRegex } from "../../src/generation/constraint/constrain.ts";
import type { Generative } from "../../src/generation/decoder.ts";
import { generate } from "../../src/generation/generate.ts";
import { tokenProbabilities } from "../../src/generation/sampling.ts";
import { generateSpeculatively, type SpeculativeOptions } from "../../src/generation/speculate.ts";
import type { Gpt } from "../../src/models/gpt.ts";
import { Random } from "../../src/random.ts";
import { CharacterTokenizer } from "../../src/text/character.ts";
import { fakeModel, randomRule } from "../support/fakeModel.ts";
import { exactRuntime } from "../support/runtimes.ts";
import { effort } from "../support/seed.ts";
import { tinyGpt } from "../support/tinyGpt.ts";

const runtime = exactRuntime();
afterAll(() => runtime.dispose());

async function tokensOf(records: AsyncIterable<{ readonly token: number }>): Promise<number[]> {
  const tokens: number[] = [];
  for await (const { token } of records) tokens.push(token);
  return tokens;
}

/** A model that notes how many positions each call reads. */
function counting(model: Gpt): { readonly counted: Generative; readonly reads: number[] } {
  const reads: number[] = [];
  const counted: Generative = {
    config: model.config,
    runtime,
    cache: (batch) => model.cache(batch),
    forward(tokens, context) {
      reads.push(tokens.size);
      return model.forward(tokens, context);
    },
  };
  return { counted, reads };
}

describe("generateSpeculatively", () => {
  const large = tinyGpt(runtime, { contextLength: 20 });
  const small = tinyGpt(runtime, { contextLength: 16, layers: 1, width: 4 });
  const random = new Random(5);

  it("always taking the best gives the large model's text, past both contexts too", async () => {
    for (const draft of [small, large]) {
      for (const draftTokens of [1, 3, 9]) {
        const options = { tokens: 25, temperature: 0, random };
        const wanted = await tokensOf(generate(large, [1, 2], options));
        const found = await tokensOf(
          generateSpeculatively(large, draft, [1, 2], { ...options, draftTokens }),
        );
        expect(found).toEqual(wanted);
      }
    }
  });

  it("reads each token once, and all guesses of a model that is always right at once", async () => {
    const { counted, reads } = counting(large);
    const options = { tokens: 12, temperature: 0, random, draftTokens: 3 };
    await tokensOf(generateSpeculatively(counted, large, [1, 2], options));
    // The prompt and three guesses, then the model's own token and three more.
    expect(reads).toEqual([5, 4, 4]);
  });

  it("draws from the large model's distribution, whatever the draft model says", async () => {
    const size = 4;
    const [p, q] = [randomRule(size, 1), randomRule(size, 2)];
    const target = fakeModel(runtime, size, p);
    const draft = fakeModel(runtime, size, q);
    const sampling = { temperature: 1.3, topK: 3 };
    const runs = 800 * effort;
    const counts = new Map<string, number>();
    for (let seed = 0; seed < runs; seed++) {
      const options = { tokens: 3, random: new Random(seed), draftTokens: 2, ...sampling };
      const text = String(await tokensOf(generateSpeculatively(target, draft, [0], options)));
      counts.set(text, (counts.get(text) ?? 0) + 1);
    }
    const chancesAfter = (text: readonly number[]) =>
      tokenProbabilities(Float64Array.from(p(text.slice(-2))), sampling);
    let chiSquare = 0;
    let cells = 0;
    for (let text = 0; text < size ** 3; text++) {
      const tokens = [Math.floor(text / size ** 2), Math.floor(text / size) % size, text % size];
      const chance = tokens.reduce(
        (so, token, i) => so * chancesAfter([0, ...tokens.slice(0, i)])[token]!,
        1,
      );
      const count = counts.get(String(tokens)) ?? 0;
      if (chance === 0) expect(count).toBe(0);
      else {
        chiSquare += (count - runs * chance) ** 2 / (runs * chance);
        cells++;
      }
    }
    // χ² has mean n and deviation √(2n); five deviations come by chance once in millions.
    expect(cells).toBe(27);
    expect(chiSquare).toBeLessThan(26 + 5 * Math.sqrt(2 * 26));
  });

  it("takes every option of generate", async () => {
    const tokenizer = CharacterTokenizer.train("abcdefghijk");
    const text = async (options: Partial<SpeculativeOptions>) => {
      let [written, finish] = ["", ""];
      const all = { tokens: 15, random, tokenizer, ...options };
      for await (const record of generateSpeculatively(large, small, [3], all)) {
        written += record.text;
        finish = record.finish ?? "";
        expect(record.logProbability).toBeLessThan(0);
      }
      return { written, finish };
    };
    const constraint = constrainToRegex("(abc|de)+k", tokenizer);
    expect((await text({ constraint })).written).toMatch(/^(abc|de)+k$/);
    expect(new Set((await text({ noRepeat: 1, tokens: 10 })).written).size).toBe(10);
    const { written } = await text({});
    const stopped = await text({ stopStrings: [written.slice(4, 6)] });
    expect(stopped).toEqual({
      written: written.slice(0, written.indexOf(written.slice(4, 6))),
      finish: "stopString",
    });
    const stop = tokenizer.encode(written[5]!)[0]!;
    expect(await text({ stopTokens: [stop] })).toEqual({
      written: written.slice(0, written.indexOf(written[5]!)),
      finish: "stopToken",
    });
    expect(await text({ tokens: 0 })).toEqual({ written: "", finish: "" });
  });

  it("frees both caches, and refuses what cannot be", async () => {
    const { liveTensors, liveBytes } = runtime.memoryStats();
    for await (const _ of generateSpeculatively(large, small, [1], { tokens: 9, random })) break;
    const other = fakeModel(runtime, 12, randomRule(12, 1));
    await expect(tokensOf(generateSpeculatively(other, small, [1], { tokens: 9, random }))).rejects.toThrow(
      "wanted a draft model with 12 tokens, as the model has, got 11",
    );
    const refused = (draft: Generative, options: Partial<SpeculativeOptions> = {}) =>
      tokensOf(generateSpeculatively(large, draft, [1], { tokens: 9, random, ...options }));
    await expect(refused(small, { draftTokens: 0 })).rejects.toThrow("wanted draftTokens from 1 on, got 0");
    expect(runtime.memoryStats()).toMatchObject({ liveTensors, liveBytes });
  });
});
