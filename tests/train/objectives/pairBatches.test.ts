import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { Seq2Seq } from "../../../src/models/seq2seq.ts";
import { dispose, parameters } from "../../../src/nn/parameters.ts";
import { AdamW } from "../../../src/optim/adamw.ts";
import { Random } from "../../../src/random.ts";
import { estimateLoss } from "../../../src/train/evaluate.ts";
import { PairBatches, seq2seqLoss } from "../../../src/train/objectives/pairBatches.ts";
import { train } from "../../../src/train/train.ts";
import { fastRuntime } from "../../support/runtimes.ts";

const runtime = fastRuntime();
afterAll(() => {
  expect(runtime.memoryStats().liveTensors).toBe(0);
  runtime.dispose();
});

const symbols = { startToken: 1, endToken: 2, paddingToken: 0 };
const random = new Random(6);

/** Pair i has i + 3 first in source and target, and a length drawn from it. */
const pairsOf = (count: number) =>
  Array.from({ length: count }, (_, i) => {
    const length = random.integer(i, 1, 9);
    const symbolAt = (_: unknown, place: number) => (place === 0 ? i + 3 : 3 + ((i + place) % 5));
    return {
      source: Int32Array.from({ length }, symbolAt),
      target: Int32Array.from({ length: length + (i % 2) }, symbolAt),
    };
  });

const read = (batches: PairBatches, step: number) =>
  runtime.scope(() => {
    const { source, target, next, sourceLengths, targetLengths } = batches.at(step);
    const rows = (tensor: typeof source) => tensor.toArray() as number[][];
    return { source: rows(source), target: rows(target), next: rows(next), sourceLengths, targetLengths };
  });

const firsts = (batches: PairBatches, step: number) =>
  read(batches, step).source.map(([first]) => first! - 3);

describe("PairBatches", () => {
  it("give every pair once in an epoch, in another order in each", () => {
    const sizes = fc.record({
      count: fc.integer({ min: 1, max: 40 }),
      batch: fc.integer({ min: 1, max: 7 }),
      bucketed: fc.boolean(),
    });
    fc.assert(
      fc.property(sizes, ({ count, batch, bucketed }) => {
        const batches = new PairBatches(pairsOf(count), { ...symbols, batch, bucketed, random, runtime });
        expect(batches.stepsPerEpoch).toBe(Math.ceil(count / batch));
        const epoch = (e: number) =>
          Array.from({ length: batches.stepsPerEpoch }, (_, i) =>
            firsts(batches, e * batches.stepsPerEpoch + i),
          );
        const [first, second] = [epoch(0).flat(), epoch(1).flat()];
        const all = Array.from({ length: count }, (_, i) => i);
        expect(first.toSorted((a, b) => a - b)).toEqual(all);
        expect(second.toSorted((a, b) => a - b)).toEqual(all);
        if (count > 12) expect(first).not.toEqual(second);
        expect(epoch(0).flat()).toEqual(first);
      }),
      { numRuns: 20 },
    );
  });

  it("frame targets and pad to the longest", () => {
    const pairs = pairsOf(20);
    const batches = new PairBatches(pairs, { ...symbols, batch: 4, random, runtime });
    const { source, target, next, sourceLengths, targetLengths } = read(batches, 2);
    source.forEach((row, b) => {
      const pair = pairs[row[0]! - 3]!;
      const padded = (tokens: readonly number[], to: number) => [
        ...tokens,
        ...new Array(to - tokens.length).fill(0),
      ];
      expect(row).toEqual(padded([...pair.source], Math.max(...sourceLengths)));
      expect(target[b]).toEqual(padded([1, ...pair.target], Math.max(...targetLengths)));
      expect(next[b]).toEqual(padded([...pair.target, 2], Math.max(...targetLengths)));
      expect([sourceLengths[b], targetLengths[b]]).toEqual([pair.source.length, pair.target.length + 1]);
    });
    const symbolsOf = pairs.reduce((sum, pair) => sum + pair.source.length + pair.target.length + 1, 0);
    expect(batches.tokensPerBatch).toBe(symbolsOf / 5);
  });

  it("have pairs of similar lengths together", () => {
    const padding = (bucketed: boolean) => {
      const batches = new PairBatches(pairsOf(200), { ...symbols, batch: 10, bucketed, random, runtime });
      const rows = Array.from({ length: 20 }, (_, step) => read(batches, step).target).flat();
      return rows.flat().filter((symbol) => symbol === 0).length;
    };
    expect(padding(true)).toBeLessThan(padding(false) / 3);
  });

  it("refuses no pairs and half batches", () => {
    expect(() => new PairBatches([], { ...symbols, batch: 1, random })).toThrow(
      "at least one example, got 0",
    );
    expect(() => new PairBatches(pairsOf(2), { ...symbols, batch: 0.5, random })).toThrow(
      "PairBatches.batch",
    );
  });
});

describe("seq2seqLoss", () => {
  const config = {
    contextLength: 12,
    sourceVocabSize: 30,
    targetVocabSize: 30,
    layers: 1,
    heads: 2,
    width: 16,
    paddingToken: 0,
  };

  it("teaches an encoder-decoder, leaves nothing behind, and smooths where it is told", async () => {
    const model = new Seq2Seq(config, { random, runtime });
    const batches = new PairBatches(pairsOf(20), { ...symbols, batch: 10, random, runtime });
    const optimizer = new AdamW(parameters(model), { learningRate: 0.01 });
    const plain = seq2seqLoss(model, { labelSmoothing: 0 });
    const before = await estimateLoss(plain, batches, 2, { runtime });
    const held = runtime.memoryStats().liveTensors;
    for await (const _ of train(seq2seqLoss(model), batches, { optimizer, steps: 30 }));
    expect(runtime.memoryStats().liveTensors).toBe(held);
    const after = await estimateLoss(plain, batches, 2, { runtime });
    expect(after).toBeLessThan(before / 2);
    const smoothed = runtime.scope(() => seq2seqLoss(model)(batches.at(0), {}).item());
    const byHand = runtime.scope(() => {
      const { source, target, next, sourceLengths, targetLengths } = batches.at(0);
      return model.loss(source, target, next, { sourceLengths, targetLengths, labelSmoothing: 0.1 }).item();
    });
    expect(smoothed).toBe(byHand);
    dispose([model, optimizer.state().tensors]);
  });

  it("wants to know what padding is", () => {
    const { paddingToken: _, ...without } = config;
    const model = new Seq2Seq(without, { random, runtime });
    expect(() => seq2seqLoss(model)).toThrow("a model whose configuration has a paddingToken");
    dispose(model);
  });
});
