import { afterAll, describe, expect, it } from "vitest";
import { Bert } from "../../../src/models/bert.ts";
import { dispose } from "../../../src/nn/parameters.ts";
import { Random } from "../../../src/random.ts";
import { elementsOf } from "../../../src/tensor/create.ts";
import { bertAccuracy } from "../../../src/train/objectives/bertAccuracy.ts";
import { BertBatches, bertLoss } from "../../../src/train/objectives/bertBatches.ts";
import { SentencePairs } from "../../../src/train/objectives/sentencePairs.ts";
import { exactRuntime } from "../../support/runtimes.ts";

const runtime = exactRuntime();
afterAll(() => {
  expect(runtime.memoryStats().liveTensors).toBe(0);
  runtime.dispose();
});

const symbols = { vocabSize: 700, paddingToken: 0, classToken: 1, separatorToken: 2, maskToken: 3 };
/** Symbol 100·d + 10·s + i + 4 is the i-th of sentence s of document d: it shows where it is from. */
const documents = Array.from({ length: 6 }, (_, d) =>
  Array.from({ length: 8 }, (_, s) =>
    Int32Array.from({ length: 2 + ((d + s) % 4) }, (_, i) => 100 * d + 10 * s + i + 4),
  ),
);
const documentOf = (token: number) => Math.floor((token - 4) / 100);
const options = { symbols, batch: 16, contextLength: 24, random: new Random(4), runtime };

describe("SentencePairs", () => {
  const pairs = new SentencePairs(documents);
  const drawn = Array.from({ length: 1000 }, (_, i) => pairs.draw(21, new Random(i)));
  const text = documents.map((sentences) => sentences.flatMap((sentence) => [...sentence]));
  const isStretch = (part: Int32Array) => {
    const all = text[documentOf(part[0]!)]!;
    const start = all.indexOf(part[0]!);
    return `${all.slice(start, start + part.length)}` === `${part}`;
  };

  it("follow each other in half of the cases, else are of two documents", () => {
    for (const { first, second, follows } of drawn) {
      expect(first.length).toBeGreaterThan(0);
      expect(second.length).toBeGreaterThan(0);
      expect(first.length + second.length).toBeLessThanOrEqual(21);
      expect(isStretch(first) && isStretch(second)).toBe(true);
      const together = Int32Array.of(...first, ...second);
      expect(follows ? isStretch(together) : documentOf(first[0]!) !== documentOf(second[0]!)).toBe(true);
    }
    const following = drawn.filter(({ follows }) => follows).length;
    // Within 4 standard deviations of 1000 throws of a coin.
    expect(Math.abs(following - 500)).toBeLessThan(4 * Math.sqrt(250));
  });

  it("come from every document and begin at every sentence", () => {
    const sentenceOf = (token: number) => Math.floor((token - 4) / 10);
    const starts = new Set(drawn.map(({ first }) => sentenceOf(first[0]!)));
    expect(starts.size).toBe(6 * 7);
    const elsewhere = drawn.filter(({ follows }) => !follows).map(({ second }) => sentenceOf(second[0]!));
    expect(new Set(elsewhere).size).toBe(6 * 8);
  });

  it("lose what is farthest from where they meet", () => {
    const long = [[Int32Array.of(4, 5, 6, 7), Int32Array.of(8, 9)], [Int32Array.of(10), Int32Array.of(11)]]; // biome-ignore format: documents
    const cut = Array.from({ length: 50 }, (_, i) => new SentencePairs(long).draw(4, new Random(i)));
    const pair = cut.find(({ first, follows }) => first.at(-1) === 7 && follows)!;
    expect([[...pair.first], [...pair.second]]).toEqual([[6, 7], [8, 9]]); // biome-ignore format: two lists
  });

  it("need two documents, one of them of two sentences", () => {
    expect(() => new SentencePairs([documents[0]!])).toThrow("at least two documents, got 1");
    const single = [[Int32Array.of(4)], [Int32Array.of(5), new Int32Array(0)]];
    expect(() => new SentencePairs(single)).toThrow("a document of at least two sentences");
  });
});

describe("BertBatches", () => {
  const read = (batches: BertBatches, step: number) =>
    runtime.scope(() => {
      const { tokens, segments, lengths, targets } = batches.at(step);
      const rows = (tensor: typeof tokens) => tensor.toArray() as number[][];
      const pairs = targets.pairs?.toArray() as number[] | undefined;
      return {
        tokens: rows(tokens),
        segments: rows(segments),
        lengths,
        targets: rows(targets.tokens),
        pairs,
      };
    });

  it("are [CLS] A [SEP] B [SEP], padded, with segments and labels", () => {
    const batches = new BertBatches(documents, options);
    for (let step = 0; step < 20; step++) {
      const { tokens, segments, lengths, targets, pairs } = read(batches, step);
      expect(tokens).toHaveLength(16);
      tokens.forEach((row, b) => {
        const length = lengths[b]!;
        expect(length).toBeLessThanOrEqual(24);
        expect(row.slice(length).every((token) => token === 0)).toBe(true);
        expect([row[0], row[length - 1]]).toEqual([1, 2]);
        expect(row.slice(0, length).filter((token) => token === 2)).toHaveLength(2);
        const boundary = row.indexOf(2) + 1;
        const segment = (_: unknown, place: number) => (place >= boundary && place < length ? 1 : 0);
        expect(segments[b]).toEqual(row.map(segment));
        const text = row.map((token, place) => (targets[b]![place] === -100 ? token : targets[b]![place]!));
        const same = documentOf(text[1]!) === documentOf(text[boundary]!);
        expect(pairs![b]).toBe(same ? 0 : 1);
        const asked = targets[b]!.filter((target) => target !== -100).length;
        expect(asked).toBe(Math.max(1, Math.round(0.15 * (length - 3))));
      });
    }
  });

  it("do without pairs where they are told to", () => {
    const { tokens, segments, lengths, pairs } = read(
      new BertBatches(documents, { ...options, pairs: false }),
      0,
    );
    expect(pairs).toBeUndefined();
    expect(segments.flat().every((segment) => segment === 0)).toBe(true);
    tokens.forEach((row, b) => {
      expect(row.filter((token) => token === 2)).toHaveLength(1);
      expect(row[lengths[b]! - 1]).toBe(2);
    });
  });

  it("are a function of the key and the step alone", () => {
    const batches = new BertBatches(documents, options);
    const third = read(batches, 3);
    read(batches, 7);
    expect(read(batches, 3)).toEqual(third);
    expect(read(new BertBatches(documents, options), 3)).toEqual(third);
    expect(read(batches, 4)).not.toEqual(third);
    expect(read(new BertBatches(documents, { ...options, random: new Random(5) }), 3)).not.toEqual(third);
    expect(() => new BertBatches(documents, { ...options, batch: 0 })).toThrow("BertBatches.batch");
    expect(() => new BertBatches(documents, { ...options, contextLength: 4 })).toThrow(
      "a whole number from 5 on",
    );
  });

  it("are what a Bert learns from", () => {
    const config = { contextLength: 24, vocabSize: 700, layers: 1, heads: 1, width: 4 };
    const model = new Bert(config, { random: new Random(1), runtime });
    const batches = new BertBatches(documents, options);
    const loss = runtime.scope(() => bertLoss(model)(batches.at(0), {}).item());
    const byHand = runtime.scope(() => {
      const { tokens, targets, segments, lengths } = batches.at(0);
      return model.loss(tokens, targets, { segments, lengths }).item();
    });
    expect(loss).toBe(byHand);
    // At first, all symbols and both answers are about equally likely.
    expect(Math.abs(loss - Math.log(700) - Math.log(2))).toBeLessThan(0.1);
    dispose(model);
  });

  it("count what a Bert tells", async () => {
    const config = { contextLength: 24, vocabSize: 700, layers: 1, heads: 1, width: 4 };
    const model = new Bert(config, { random: new Random(1), runtime });
    const batches = new BertBatches(documents, options);
    const [wanted, pairs] = [0, 1].reduce<[number[], number[]]>(
      ([tokens, labels], step) => {
        const { targets, pairs: own } = read(batches, step);
        return [
          [...tokens, ...targets.flat().filter((target) => target >= 0)],
          [...labels, ...own!],
        ];
      },
      [[], []],
    );
    // Whatever it reads, it tells one symbol, and that the second text follows.
    const always = wanted[0]!;
    elementsOf(model.tokenHead.bias)[always] = 50;
    elementsOf(model.pairHead.bias!).set([50, 0]);
    const accuracy = await bertAccuracy(model, batches, 2);
    const counts = wanted.map((target) => wanted.filter((other) => other === target).length);
    expect(accuracy).toEqual({
      tokens: wanted.filter((target) => target === always).length / wanted.length,
      pairs: pairs.filter((label) => label === 0).length / 32,
      tokensByChance: Math.max(...counts) / wanted.length,
    });
    expect(accuracy.tokens).toBeGreaterThan(0);
    const alone = new BertBatches(documents, { ...options, pairs: false });
    expect((await bertAccuracy(model, alone, 1)).pairs).toBeNaN();
    dispose(model);
  });
});
