import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { ArgumentError } from "../../src/errors.ts";
import {
  type BeamModel,
  type BeamOptions,
  type BeamResult,
  beamSearch,
} from "../../src/generation/beamSearch.ts";
import { constrainToRegex } from "../../src/generation/constraint/constrain.ts";
import { generate } from "../../src/generation/generate.ts";
import { generateBeams } from "../../src/generation/generateBeams.ts";
import { Random } from "../../src/random.ts";
import { CharacterTokenizer } from "../../src/text/character.ts";
import { randomRule } from "../support/fakeModel.ts";
import { exactRuntime } from "../support/runtimes.ts";
import { tinyGpt } from "../support/tinyGpt.ts";

const VOCABULARY = 3;
const END = 2;

/** A model that is a function of the whole text; its state are the texts. */
function tableModel(seed: number): BeamModel<readonly (readonly number[])[]> {
  const rule = randomRule(VOCABULARY, seed);
  return {
    step(tokens, texts) {
      const state = texts.map((text, beam) => [...text, tokens[beam]!]);
      const logits = state.map((text) => Float64Array.from(rule(text)));
      return { logits, state };
    },
    reorder: (texts, rows) => rows.map((row) => texts[row]!),
  };
}

function logSoftmax(logits: readonly number[]): number[] {
  const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
  return logits.map((logit) => logit - total);
}

/** Every text of the model with its score, the best first. */
function everyText(seed: number, { tokens, lengthPenalty = 0 }: BeamOptions) {
  const rule = randomRule(VOCABULARY, seed);
  const texts: { tokens: number[]; score: number }[] = [];
  const visit = (text: number[], logProbability: number): void => {
    if (text.length === tokens || text.at(-1) === END) {
      texts.push({ tokens: text, score: logProbability / ((5 + text.length) / 6) ** lengthPenalty });
      return;
    }
    const chances = logSoftmax([...rule([0, ...text])]);
    chances.forEach((chance, token) => {
      visit([...text, token], logProbability + chance);
    });
  };
  visit([], 0);
  return texts.sort((a, b) => b.score - a.score);
}

const start = { state: [[]], token: 0 };
const search = (seed: number, options: BeamOptions) => beamSearch(tableModel(seed), start, options);
const tokensOf = (results: readonly BeamResult[]) => results.map(({ tokens }) => tokens);

const anySearch = fc.record({
  tokens: fc.integer({ min: 1, max: 4 }),
  lengthPenalty: fc.constantFrom(0, 0.6, 2),
  results: fc.integer({ min: 1, max: 4 }),
});

describe("beamSearch", () => {
  it("finds the best texts of all with as many beams as there are texts", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1000), anySearch, async (seed, options) => {
        const found = await search(seed, {
          ...options,
          beams: VOCABULARY ** options.tokens,
          stopTokens: [END],
        });
        const wanted = everyText(seed, options).slice(0, options.results);
        expect(tokensOf(found)).toEqual(wanted.map(({ tokens }) => tokens));
        for (const [i, { score }] of wanted.entries()) expect(found[i]!.score).toBeCloseTo(score, 12);
      }),
    );
  });

  it("stops early without losing anything", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(1000),
        anySearch,
        fc.integer({ min: 1, max: 5 }),
        async (seed, options, beams) => {
          const both = { ...options, beams, stopTokens: [END] };
          const found = await search(seed, both);
          const [eager] = await search(seed, { ...both, earlyStopping: true });
          expect(eager!.score).toBeLessThanOrEqual(found[0]!.score);
          // With more results than there are texts it never stops early.
          const more = await search(seed, { ...both, results: 50 });
          expect(tokensOf(found)).toEqual(tokensOf(more).slice(0, options.results));
        },
      ),
    );
  });

  it("weighs length as Wu et al. 2016 do, in an example by hand", async () => {
    // After 0: 1 with 0.6, END with 0.4. After 1: END with 0.5, the others with 0.25.
    const chances = new Map([
      [0, [1e-9, 0.6, 0.4]],
      [1, [0.25, 0.25, 0.5]],
    ]);
    const model: BeamModel<null> = {
      step: (tokens) => ({
        logits: tokens.map((token) => Float64Array.from(chances.get(token)!, Math.log)),
        state: null,
      }),
      reorder: () => null,
    };
    const best = async (lengthPenalty: number) => {
      const options = { tokens: 2, beams: 4, results: 2, stopTokens: [END], lengthPenalty };
      return (await beamSearch(model, { state: null, token: 0 }, options)).map(({ tokens }) => tokens);
    };
    // log 0.4 = -0.916 against log 0.3 = -1.204; over (7/6)^2 = 1.361 that is -0.885.
    expect(await best(0)).toEqual([[END], [1, END]]);
    expect(await best(2)).toEqual([[1, END], [END]]);
  });

  it("lets the logits options act on log-probabilities, and drops a beam that they leave no token", async () => {
    const [best] = await search(5, { tokens: 3, beams: 9, stopTokens: [END], minimumTokens: 2 });
    expect(best!.tokens.length).toBeGreaterThanOrEqual(3);
    // Two letters and no repetition: after them only the end.
    const [once] = await search(5, { tokens: 4, beams: 9, noRepeat: 1, stopTokens: [END] });
    expect(once!.tokens.at(-1)).toBe(END);
    expect(await search(5, { tokens: 5, beams: 9, noRepeat: 1 })).toEqual([]);
  });

  it("works for an encoder-decoder, whose state is what was encoded beside the step", async () => {
    // A fake translator: it writes its source backwards, unsure of every letter, and then the end.
    const source = [0, 1, 1, 0];
    const wanted = [...source].reverse();
    const model: BeamModel<{ readonly encoded: readonly number[]; readonly steps: readonly number[] }> = {
      step(tokens, { encoded, steps }) {
        const logits = tokens.map((_, beam) => {
          const right = encoded.at(-1 - steps[beam]!) ?? END;
          return Float64Array.from({ length: VOCABULARY }, (_, token) => (token === right ? 2 : 0));
        });
        return { logits, state: { encoded, steps: steps.map((step) => step + 1) } };
      },
      reorder: ({ encoded, steps }, rows) => ({ encoded, steps: rows.map((row) => steps[row]!) }),
    };
    const begin = { state: { encoded: source, steps: [0] }, token: END };
    const options = { tokens: 8, beams: 5, lengthPenalty: 1.5, stopTokens: [END] };
    const [best] = await beamSearch(model, begin, options);
    expect(best).toMatchObject({ tokens: [...wanted, END], finish: "stopToken" });
  });

  it("of no tokens finds the empty text", async () => {
    expect(await search(1, { tokens: 0 })).toEqual([
      { tokens: [], logProbability: 0, score: 0, finish: "tokens" },
    ]);
  });

  it.each<[Partial<BeamOptions>, string]>([
    [{ tokens: -1 }, "a whole number of tokens, got -1"],
    [{ beams: 0 }, "a number of beams from 1 on, got 0"],
    [{ results: 1.5 }, "a number of results from 1 on, got 1.5"],
    [{ lengthPenalty: -1 }, "a lengthPenalty from 0 on, got -1"],
  ])("refuses %j", async (options, message) => {
    const refused = search(1, { tokens: 2, ...options });
    await expect(refused).rejects.toThrow(ArgumentError);
    await expect(refused).rejects.toThrow(`beamSearch: wanted ${message}`);
  });

  it("refuses logits that are no numbers", async () => {
    const model = { step: () => ({ logits: [Float64Array.of(1, Number.NaN)], state: 0 }), reorder: () => 0 };
    await expect(beamSearch(model, { state: 0, token: 0 }, { tokens: 1 })).rejects.toThrow(
      "beamSearch: the largest logit is NaN",
    );
  });

  it("stops at an abort", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(search(1, { tokens: 2, signal })).rejects.toThrow("enough");
  });
});

describe("generateBeams", () => {
  const runtime = exactRuntime();
  afterAll(() => runtime.dispose());
  // Six positions: what follows goes beyond the context.
  const model = tinyGpt(runtime);

  it("with one beam is greedy generation, beyond the context too", async () => {
    const prompt = [1, 2, 3];
    const [best] = await generateBeams(model, prompt, { tokens: 7, beams: 1 });
    const greedy: number[] = [];
    let logProbability = 0;
    for await (const record of generate(model, prompt, {
      tokens: 7,
      temperature: 0,
      random: new Random(1),
    })) {
      greedy.push(record.token);
      logProbability += record.logProbability;
    }
    expect(best!.tokens).toEqual(greedy);
    expect(best!.logProbability).toBeCloseTo(logProbability, 10);
  });

  it("gives the log-probabilities that the model's definition gives, and never less than greedy", async () => {
    const options = { tokens: 5, beams: 4, results: 4 };
    const results = await generateBeams(model, [4, 5], options);
    expect(results).toHaveLength(4);
    for (const { tokens, logProbability, score } of results) {
      let sum = 0;
      const forced = { tokens: 5, temperature: 0, random: new Random(1) };
      const processors = [
        (logits: Float64Array, { tokens: text }: { tokens: readonly number[] }) =>
          logits.map((_, token) => (token === tokens[text.length - 2] ? 0 : -Infinity)),
      ];
      for await (const record of generate(model, [4, 5], { ...forced, processors }))
        sum += record.logProbability;
      expect(logProbability).toBeCloseTo(sum, 10);
      expect(score).toBe(logProbability);
    }
    const [greedy] = await generateBeams(model, [4, 5], { tokens: 5, beams: 1 });
    expect(results[0]!.logProbability).toBeGreaterThanOrEqual(greedy!.logProbability);
  });

  it("keeps to a constraint, and frees its caches", async () => {
    const { liveTensors, liveBytes } = runtime.memoryStats();
    const tokenizer = CharacterTokenizer.train("abcdefghijk");
    const constraint = constrainToRegex("(ab|ca)+d", tokenizer);
    const results = await generateBeams(model, [1], { tokens: 6, beams: 3, results: 3, constraint });
    expect(results).toHaveLength(3);
    for (const { tokens } of results) expect(tokenizer.decode(tokens)).toMatch(/^(ab|ca)+d$/);
    expect(runtime.memoryStats()).toMatchObject({ liveTensors, liveBytes });
    const impossible = generateBeams(model, [1], { tokens: 2, constraint });
    await expect(impossible).rejects.toThrow("constraint: wanted at least 3 tokens, got 2");
    expect(runtime.memoryStats()).toMatchObject({ liveTensors, liveBytes });
  });
});
