import { afterAll, describe, expect, it } from "vitest";
import type { GeneratedToken } from "../../src/generation/continuation.ts";
import { type GenerateOptions, generate, generateBatch } from "../../src/generation/generate.ts";
import { Random } from "../../src/random.ts";
import { CharacterTokenizer } from "../../src/text/character.ts";
import { fakeModel, randomRule } from "../support/fakeModel.ts";
import { pieceTokenizer } from "../support/pieceTokenizer.ts";
import { exactRuntime } from "../support/runtimes.ts";
import { tinyGpt, tinyText } from "../support/tinyGpt.ts";

const runtime = exactRuntime();
afterAll(() => runtime.dispose());
const model = tinyGpt(runtime);
const tokenizer = CharacterTokenizer.train("abcdefghijk");
const random = new Random(4);

async function collect(records: AsyncIterable<GeneratedToken>): Promise<GeneratedToken[]> {
  const all: GeneratedToken[] = [];
  for await (const record of records) all.push(record);
  return all;
}

const textOf = (records: readonly GeneratedToken[]) => records.map(({ text }) => text).join("");

/** Writes the given tokens whatever came before. */
function reciter(tokens: readonly number[], vocabSize: number) {
  let at = 0;
  return fakeModel(runtime, vocabSize, () => {
    const next = tokens[at++]!;
    return Array.from({ length: vocabSize }, (_, token) => (token === next ? 9 : 0));
  });
}

describe("the records of generate", () => {
  it("have the text, the model's log-probability and the likeliest tokens, whatever the sampling", async () => {
    const rule = randomRule(4, 1);
    const fake = fakeModel(runtime, 4, rule);
    const options = {
      tokens: 6,
      random,
      temperature: 3,
      topK: 2,
      alternatives: 3,
      tokenizer: pieceTokenizer([..."wxyz"]),
    };
    let before = [2];
    for (const record of await collect(generate(fake, before, options))) {
      const logits = rule(before.slice(-2));
      const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
      const ranking = [...logits.keys()].sort((a, b) => logits[b]! - logits[a]!);
      expect(record).toMatchObject({ row: 0, text: "wxyz"[record.token] });
      expect(record.logProbability).toBeCloseTo(logits[record.token]! - total, 12);
      expect(record.alternatives!.map(({ token, text }) => [token, text])).toEqual(
        ranking.slice(0, 3).map((token) => [token, "wxyz"[token]]),
      );
      expect(record.alternatives![0]!.logProbability).toBeCloseTo(logits[ranking[0]!]! - total, 12);
      before = [...before, record.token];
    }
  });

  it("list no alternatives unasked, and have no text without a tokenizer", async () => {
    const [record] = await collect(generate(model, [1], { tokens: 1, random }));
    expect(Object.keys(record!).sort()).toEqual(["finish", "logProbability", "row", "text", "token"]);
    expect(record).toMatchObject({ text: "", finish: "tokens" });
  });

  it("give half a character with its other half, and what waits with the last token", async () => {
    const halves = pieceTokenizer(["a", [0xc3], [0xa9], "st", "op"]);
    const pieces = async (tokens: readonly number[], options: Partial<GenerateOptions> = {}) => {
      const all = { tokens: tokens.length, random, temperature: 0, tokenizer: halves, ...options };
      return (await collect(generate(reciter(tokens, 5), [0], all))).map(({ text, finish }) => [
        text,
        finish,
      ]);
    };
    expect(await pieces([0, 1, 2])).toEqual([
      ["a", null],
      ["", null],
      ["é", "tokens"],
    ]);
    expect(await pieces([0, 1])).toEqual([
      ["a", null],
      ["\ufffd", "tokens"],
    ]);
    const stopStrings = ["stop"];
    expect(await pieces([0, 3, 4, 0], { stopStrings })).toEqual([
      ["a", null],
      ["", null],
      ["", "stopString"],
    ]);
    expect(await pieces([3, 0, 3], { stopStrings })).toEqual([
      ["", null],
      ["sta", null],
      ["st", "tokens"],
    ]);
    expect(await pieces([0, 3, 2], { stopStrings, stopTokens: [2] })).toEqual([
      ["a", null],
      ["", null],
      ["st", "stopToken"],
    ]);
  });

  it.each<[Partial<GenerateOptions>, string]>([
    [{ stopStrings: ["a"] }, "a tokenizer with stopStrings, got undefined"],
    [{ stopStrings: [""], tokenizer }, "stopStrings that are not empty"],
    [{ alternatives: -1 }, "a whole number of alternatives, got -1"],
    [{ minimumTokens: -1 }, "a minimumTokens from 0 on, got -1"],
    [{ stopTokens: [99], minimumTokens: 1 }, "tokens below 11, the vocabulary's size, got 99"],
  ])("are refused with %j", async (options, message) => {
    await expect(collect(generate(model, [1], { tokens: 3, random, ...options }))).rejects.toThrow(
      `wanted ${message}`,
    );
  });
});

describe("generateBatch", () => {
  const prompts = [[1, 2, 3], [4], Array.from(tinyText(9, 5)), [7, 8, 9, 10, 0], [2]];

  it("gives each row the text of generate with its key, beyond the context too", async () => {
    const options = { tokens: 8, tokenizer, temperature: 1.2, random };
    const records = await collect(generateBatch(model, prompts, options));
    expect(records).toHaveLength(prompts.length * 8);
    for (const [row, prompt] of prompts.entries()) {
      const alone = await collect(generate(model, prompt, { ...options, random: random.fork(row) }));
      const own = records.filter((record) => record.row === row);
      expect(own.map(({ token }) => token)).toEqual(alone.map(({ token }) => token));
      for (const [i, { logProbability }] of alone.entries())
        expect(own[i]!.logProbability).toBeCloseTo(logProbability, 9);
    }
  });

  it("lets each row stop on its own, and computes no more of it", async () => {
    const rows: number[] = [];
    const watched = {
      config: model.config,
      runtime,
      cache: (batch: number) => model.cache(batch),
      forward(...[tokens, context]: Parameters<typeof model.forward>) {
        rows.push(tokens.shape[0]!);
        return model.forward(tokens, context);
      },
    };
    const options = { tokens: 5, random, stopTokens: [0, 1, 2, 3, 4] };
    const records = await collect(generateBatch(watched, [[1, 2], [4], [7]], options));
    const lengths = [0, 1, 2].map((row) => records.filter((record) => record.row === row).length);
    expect(new Set(lengths).size).toBeGreaterThan(1);
    expect(rows).toEqual(
      Array.from({ length: Math.max(...lengths) }, (_, i) => lengths.filter((n) => n > i).length),
    );
    for (const row of [0, 1, 2]) {
      const last = records.filter((record) => record.row === row).at(-1)!;
      expect(last.finish).toBe(options.stopTokens.includes(last.token) ? "stopToken" : "tokens");
    }
  });

  it("of no prompts or no tokens is empty, and frees its caches when it is left", async () => {
    const { liveTensors, liveBytes } = runtime.memoryStats();
    expect(await collect(generateBatch(model, [], { tokens: 3, random }))).toEqual([]);
    expect(await collect(generateBatch(model, prompts, { tokens: 0, random }))).toEqual([]);
    for await (const _ of generateBatch(model, prompts, { tokens: 3, random })) break;
    expect(runtime.memoryStats()).toMatchObject({ liveTensors, liveBytes });
  });
});

describe("a stream of tokens", () => {
  const options = { tokens: 5, random, tokenizer };

  it("gives the same records as the loop", async () => {
    const wanted = await collect(generate(model, [1], options));
    const reader = generate(model, [1], options).toReadableStream().getReader();
    const found: GeneratedToken[] = [];
    for (let step = await reader.read(); !step.done; step = await reader.read()) found.push(step.value);
    expect(found).toEqual(wanted);
  });

  it("gives the text in UTF-8, as a response has it", async () => {
    const wanted = textOf(await collect(generate(model, [1], options)));
    expect(await new Response(generate(model, [1], options).toTextStream()).text()).toBe(wanted);
  });

  it("computes nothing that is not asked for, and frees its cache when it is cancelled", async () => {
    const { liveTensors, liveBytes } = runtime.memoryStats();
    const stream = generate(model, [1], options).toReadableStream();
    expect(runtime.memoryStats()).toMatchObject({ liveTensors, liveBytes });
    const reader = stream.getReader();
    await reader.read();
    expect(runtime.memoryStats().liveTensors).toBeGreaterThan(liveTensors);
    await reader.cancel();
    expect(runtime.memoryStats()).toMatchObject({ liveTensors, liveBytes });
  });

  it("fails with what the generation fails with", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    const reader = generate(model, [1], { ...options, signal })
      .toReadableStream()
      .getReader();
    await expect(reader.read()).rejects.toThrow("enough");
  });
});
