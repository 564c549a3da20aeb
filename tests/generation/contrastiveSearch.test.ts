import { afterAll, describe, expect, it } from "vitest";
import { ArgumentError } from "../../src/errors.ts";
import { type ContrastiveOptions, contrastiveSearch } from "../../src/generation/contrastiveSearch.ts";
import { generate } from "../../src/generation/generate.ts";
import { Random } from "../../src/random.ts";
import { tensor } from "../../src/tensor/create.ts";
import { exactRuntime } from "../support/runtimes.ts";
import { tinyGpt } from "../support/tinyGpt.ts";

const runtime = exactRuntime();
afterAll(() => runtime.dispose());
const model = tinyGpt(runtime, { contextLength: 16 });

async function found(prompt: readonly number[], options: ContrastiveOptions) {
  const tokens: number[] = [];
  let logProbability = 0;
  for await (const record of contrastiveSearch(model, prompt, options)) {
    tokens.push(record.token);
    logProbability += record.logProbability;
  }
  return { tokens, logProbability };
}

/** Hidden states and chances of the whole text, without any cache. */
function readAnew(text: readonly number[]) {
  return runtime.scope(() => {
    const input = tensor(Int32Array.from(text), { shape: [1, text.length], runtime });
    const states = model.hidden(input).toArray() as number[][][];
    const logits = (model.forward(input, { lastOnly: true }).toArray() as number[][][])[0]![0]!;
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
    return { states: states[0]!, chances: logits.map((logit) => Math.exp(logit) / total) };
  });
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]) => x.reduce((sum, one, i) => sum + one * y[i]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

describe("contrastiveSearch", () => {
  it("takes what equation 5 says, computed anew for every candidate", async () => {
    for (const { topK, penalty } of [
      { topK: 4, penalty: 0.6 },
      { topK: 11, penalty: 0.1 },
    ]) {
      const text = [1, 2, 3];
      for (let i = 0; i < 8; i++) {
        const { states, chances } = readAnew(text);
        const ranking = [...chances.keys()].sort((a, b) => chances[b]! - chances[a]!).slice(0, topK);
        const scores = ranking.map((token) => {
          const own = readAnew([...text, token]).states.at(-1)!;
          return (
            (1 - penalty) * chances[token]! - penalty * Math.max(...states.map((state) => cosine(state, own)))
          );
        });
        text.push(ranking[scores.indexOf(Math.max(...scores))]!);
      }
      expect((await found([1, 2, 3], { tokens: 8, topK, penalty })).tokens).toEqual(text.slice(3));
    }
  });

  it("without a penalty, or with one candidate, always takes the likeliest", async () => {
    const greedy: number[] = [];
    let logProbability = 0;
    for await (const record of generate(model, [4], { tokens: 9, temperature: 0, random: new Random(1) })) {
      greedy.push(record.token);
      logProbability += record.logProbability;
    }
    for (const options of [{ penalty: 0 }, { topK: 1 }]) {
      const search = await found([4], { tokens: 9, ...options });
      expect(search.tokens).toEqual(greedy);
      expect(search.logProbability).toBeCloseTo(logProbability, 10);
    }
  });

  it("keeps to the logits options, and frees its cache", async () => {
    const { liveTensors, liveBytes } = runtime.memoryStats();
    const { tokens } = await found([0], { tokens: 10, topK: 20, noRepeat: 1 });
    expect(new Set([0, ...tokens]).size).toBe(11);
    for await (const _ of contrastiveSearch(model, [1], { tokens: 5 })) break;
    expect(await found([0], { tokens: 0 })).toEqual({ tokens: [], logProbability: 0 });
    expect(runtime.memoryStats()).toMatchObject({ liveTensors, liveBytes });
  });

  it.each<[Partial<ContrastiveOptions>, string]>([
    [{ tokens: 15 }, "prompt and tokens of at most 16, the context, got 17"],
    [{ topK: 0 }, "a topK from 1 on, got 0"],
    [{ penalty: 1.1 }, "a penalty from 0 to 1, got 1.1"],
  ])("refuses %j", async (options, message) => {
    const refused = found([1, 2], { tokens: 5, ...options });
    await expect(refused).rejects.toThrow(ArgumentError);
    await expect(refused).rejects.toThrow(`contrastiveSearch: wanted ${message}`);
  });
});
