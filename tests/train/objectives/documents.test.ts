import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { dispose } from "../../../src/nn/parameters.ts";
import { crossEntropy } from "../../../src/ops/crossEntropy.ts";
import { slice } from "../../../src/ops/slice.ts";
import { Random } from "../../../src/random.ts";
import { CharacterTokenizer } from "../../../src/text/character.ts";
import { evaluate } from "../../../src/train/evaluate.ts";
import { DocumentBatches, packDocuments } from "../../../src/train/objectives/documents.ts";
import { exactRuntime } from "../../support/runtimes.ts";
import { tinyGpt } from "../../support/tinyGpt.ts";

const runtime = exactRuntime();
afterAll(() => {
  expect(runtime.memoryStats().liveTensors).toBe(0);
  runtime.dispose();
});

const read = (batches: DocumentBatches, step: number) =>
  runtime.scope(() => {
    const { inputs, targets } = batches.at(step);
    return { inputs: inputs.toArray() as number[][], targets: targets.toArray() as number[][] };
  });

describe("packDocuments", () => {
  it("puts an end token between all, before the first and after the last", () => {
    const packed = packDocuments([Int32Array.of(1, 2), new Int32Array(0), Int32Array.of(3)], 9);
    expect([...packed]).toEqual([9, 1, 2, 9, 9, 3, 9]);
    expect([...packDocuments([], 9)]).toEqual([9]);
  });
});

describe("DocumentBatches", () => {
  it("stay inside documents, and ask for every symbol and every end", () => {
    const lengths = fc.array(fc.nat(9), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 5 }), (sizes, contextLength) => {
        // Symbol 10·d + i is the i-th of document d.
        const documents = sizes.map((size, d) => Int32Array.from({ length: size }, (_, i) => 10 * d + i));
        const options = { batch: 4, contextLength, endToken: 99, random: new Random(3), runtime };
        const batches = new DocumentBatches(documents, options);
        const asked = new Set<number>();
        for (let step = 0; step < 25; step++) {
          const { inputs, targets } = read(batches, step);
          inputs.forEach((row, b) => {
            const wanted = targets[b]!.filter((target) => target !== -100);
            wanted.forEach((target, i) => {
              asked.add(target);
              if (target !== 99) expect(row[i]).toBe(target % 10 === 0 ? 99 : target - 1);
              if (i + 1 < wanted.length) expect(row[i + 1]).toBe(target);
            });
            const own = new Set(
              [...row.slice(1), ...wanted].filter((s) => s !== 99).map((s) => Math.floor(s / 10)),
            );
            expect(own.size).toBeLessThanOrEqual(1);
            expect(row.length).toBeLessThanOrEqual(contextLength);
          });
        }
        const symbols = documents.reduce((sum, { length }) => sum + length, 0);
        if (symbols < 12) expect(asked.size).toBe(symbols + 1);
      }),
      { numRuns: 20 },
    );
  });

  it("draws every symbol equally often, however long its document is", () => {
    const documents = [new Int32Array(2).fill(1), new Int32Array(8).fill(2)];
    const options = { batch: 100, contextLength: 9, endToken: 0, random: new Random(3), runtime };
    const batches = new DocumentBatches(documents, options);
    const rows = Array.from({ length: 10 }, (_, step) => read(batches, step).targets).flat();
    const long = rows.filter((row) => row.includes(2)).length;
    // 9 of 12 places, within 4 standard deviations of 1000 draws.
    expect(Math.abs(long - 750)).toBeLessThan(4 * Math.sqrt(1000 * 0.75 * 0.25));
    expect(batches.tokensPerBatch).toBeCloseTo((100 * (9 * 9 + 3 * 3)) / 12, 9);
    expect(read(batches, 3)).toEqual(read(new DocumentBatches(documents, options), 3));
  });

  it("padding counts nowhere in a GPT's loss", () => {
    const model = tinyGpt(runtime);
    const documents = [Int32Array.of(1, 2), Int32Array.of(3, 4, 5, 6)];
    const options = { batch: 6, contextLength: 6, endToken: 0, random: new Random(1), runtime };
    const loss = runtime.scope(() => {
      const { inputs, targets } = new DocumentBatches(documents, options).at(0);
      const rows = (targets.toArray() as number[][]).map(
        (row) => row.filter((target) => target !== -100).length,
      );
      const each = rows.map((length, b) => {
        const logits = model.forward(slice(inputs, [[b, b + 1], [0, length]])); // biome-ignore format: ranges
        return crossEntropy(logits, slice(targets, [[b, b + 1], [0, length]]), { reduction: "sum" }).item(); // biome-ignore format: ranges
      });
      const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
      return { whole: model.loss(inputs, targets).item(), alone: sum(each) / sum(rows), rows };
    });
    expect(new Set(loss.rows)).toEqual(new Set([3, 5]));
    expect(loss.whole).toBeCloseTo(loss.alone, 9);
    dispose(model);
  });

  it("refuses no documents", () => {
    const options = { batch: 1, contextLength: 4, endToken: 0, random: new Random(1) };
    const half = { ...options, batch: 0.5 };
    expect(() => new DocumentBatches([new Int32Array(1)], half)).toThrow("DocumentBatches.batch");
    expect(() => new DocumentBatches([], options)).toThrow("at least one document, got 0");
    expect(() => new DocumentBatches([new Int32Array(1)], { ...options, contextLength: 0 })).toThrow(
      "from 1 on",
    );
  });
});

it("evaluate gives bits for each character of what was predicted", async () => {
  const model = tinyGpt(runtime);
  const tokenizer = CharacterTokenizer.train("abcdefghijk");
  const text = tokenizer.encode("abcdefghijkabcd");
  const { bitsPerToken, bitsPerCharacter } = await evaluate(model, text, { tokenizer });
  expect(bitsPerCharacter).toBe(bitsPerToken);
  // Each id stands for two characters, one of which UTF-16 writes in two units.
  const pairs = { decode: (ids: ArrayLike<number>) => "a😀".repeat(ids.length) };
  expect((await evaluate(model, text, { tokenizer: pairs })).bitsPerCharacter).toBeCloseTo(
    bitsPerToken / 2,
    12,
  );
  expect(await evaluate(model, text)).not.toHaveProperty("bitsPerCharacter");
  dispose(model);
});
