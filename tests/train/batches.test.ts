import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { ArgumentError } from "../../src/errors.ts";
import { Random } from "../../src/random.ts";
import { TokenBatches } from "../../src/train/batches.ts";
import { exactRuntime } from "../support/runtimes.ts";

const runtime = exactRuntime();
afterAll(() => runtime.dispose());

/** A text whose symbols are their places, so that a window shows where it begins. */
const places = (length: number) => Int32Array.from({ length }, (_, i) => i);

const read = (batches: TokenBatches, step: number) =>
  runtime.scope(() => {
    const { inputs, targets } = batches.at(step);
    return { inputs: inputs.toArray() as number[][], targets: targets.toArray() as number[][] };
  });

describe("TokenBatches", () => {
  it("gives windows that lie in the text, and the symbols after them", () => {
    const sizes = fc.record({
      batch: fc.integer({ min: 1, max: 5 }),
      contextLength: fc.integer({ min: 1, max: 7 }),
      beyond: fc.integer({ min: 1, max: 9 }),
      step: fc.nat(1000),
    });
    fc.assert(
      fc.property(sizes, ({ batch, contextLength, beyond, step }) => {
        const text = places(contextLength + beyond);
        const batches = new TokenBatches(text, { batch, contextLength, random: new Random(5), runtime });
        const { inputs, targets } = read(batches, step);
        expect(inputs).toHaveLength(batch);
        inputs.forEach((window, row) => {
          expect(window).toEqual(Array.from({ length: contextLength }, (_, i) => window[0]! + i));
          expect(targets[row]).toEqual(window.map((place) => place + 1));
          expect(targets[row]!.at(-1)).toBeLessThan(text.length);
        });
        expect(batches.tokensPerBatch).toBe(batch * contextLength);
      }),
    );
  });

  it("begins at every place at which a window and its last target fit", () => {
    const options = { batch: 8, contextLength: 3, random: new Random(1), runtime };
    const batches = new TokenBatches(places(7), options);
    const starts = new Set(
      Array.from({ length: 30 }, (_, step) => read(batches, step).inputs.map(([start]) => start)).flat(),
    );
    expect([...starts].sort()).toEqual([0, 1, 2, 3]);
  });

  it("is a function of the key and the step alone", () => {
    const make = (seed: number) =>
      new TokenBatches(places(500), { batch: 4, contextLength: 8, random: new Random(seed), runtime });
    const batches = make(1);
    const third = read(batches, 3);
    read(batches, 4);
    expect(read(batches, 3)).toEqual(third);
    expect(read(make(1), 3)).toEqual(third);
    expect(read(make(2), 3)).not.toEqual(third);
    expect(read(batches, 4)).not.toEqual(third);
  });

  it("leaves its tensors to the caller's scope", () => {
    const options = { batch: 2, contextLength: 2, random: new Random(1), runtime };
    read(new TokenBatches(places(9), options), 0);
    expect(runtime.memoryStats().liveTensors).toBe(0);
  });

  it("refuses a text that is no longer than the context", () => {
    const options = { batch: 1, contextLength: 4, random: new Random(1), runtime };
    expect(() => new TokenBatches(places(4), options)).toThrow(ArgumentError);
    expect(() => new TokenBatches(places(4), options)).toThrow("wanted a text of more than 4 symbols, got 4");
    expect(() => new TokenBatches(places(9), { ...options, batch: 0 })).toThrow("TokenBatches.batch");
    expect(() => new TokenBatches(places(9), { ...options, contextLength: 1.5 })).toThrow("contextLength");
    expect(read(new TokenBatches(places(5), options), 0).inputs).toEqual([[0, 1, 2, 3]]);
  });
});
