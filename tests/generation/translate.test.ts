import { afterAll, describe, expect, it } from "vitest";
import { translate } from "../../src/generation/translate.ts";
import { Seq2Seq } from "../../src/models/seq2seq.ts";
import { Random } from "../../src/random.ts";
import { tensor } from "../../src/tensor/create.ts";
import { exactRuntime } from "../support/runtimes.ts";

const runtime = exactRuntime();
afterAll(() => runtime.dispose());

const [START, END] = [3, 4];
const config = {
  contextLength: 8,
  sourceVocabSize: 7,
  targetVocabSize: 5,
  layers: 1,
  heads: 2,
  width: 8,
  startToken: START,
  endToken: END,
};
const model = new Seq2Seq(config, { random: new Random(2), runtime });
const source = [1, 5, 2];

/** The log-probability of a target by the model's definition, all of it read at once. */
function logProbability(target: readonly number[]): number {
  return runtime.scope(() => {
    const rows = (tokens: readonly number[]) =>
      tensor(Int32Array.from(tokens), { shape: [1, tokens.length], runtime });
    const logits = model
      .forward(rows(source), rows([START, ...target.slice(0, -1)]))
      .toArray() as number[][][];
    return target.reduce((sum, token, i) => {
      const row = logits[0]![i]!;
      return sum + row[token]! - Math.log(row.reduce((total, logit) => total + Math.exp(logit), 0));
    }, 0);
  });
}

/** Every target of up to `length` tokens. */
function everyTarget(length: number): number[][] {
  if (length === 0) return [[]];
  return [0, 1, 2, START, END].flatMap((token) =>
    token === END ? [[token]] : everyTarget(length - 1).map((rest) => [token, ...rest]),
  );
}

describe("translate", () => {
  it("finds the likeliest target of all with enough beams", async () => {
    const wanted = everyTarget(3)
      .map((tokens) => ({ tokens, score: logProbability(tokens) }))
      .sort((a, b) => b.score - a.score)
      .slice(0, 4);
    const found = await translate(model, source, { tokens: 3, beams: 125, results: 4 });
    expect(found.map(({ tokens }) => tokens)).toEqual(wanted.map(({ tokens }) => tokens));
    for (const [i, { score }] of wanted.entries()) expect(found[i]!.score).toBeCloseTo(score, 10);
  });

  it("gives true log-probabilities with few beams, which change places", async () => {
    const found = await translate(model, source, { tokens: 7, beams: 3, results: 3, minimumTokens: 5 });
    expect(found).toHaveLength(3);
    for (const result of found) {
      expect(result.tokens.length).toBeGreaterThan(5);
      expect(result.logProbability).toBeCloseTo(logProbability(result.tokens), 10);
    }
  });

  it("leaves nothing behind", async () => {
    const { liveTensors, liveBytes } = runtime.memoryStats();
    await translate(model, source, { tokens: 4 });
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(translate(model, source, { tokens: 4, signal })).rejects.toThrow("enough");
    await expect(translate(model, [], { tokens: 4 })).rejects.toThrow("a source of at least one token");
    const unable = { ...model, config: {}, runtime } as unknown as Seq2Seq;
    await expect(translate(unable, source, { tokens: 4 })).rejects.toThrow("a model with a startToken");
    expect(runtime.memoryStats()).toMatchObject({ liveTensors, liveBytes });
  });
});
