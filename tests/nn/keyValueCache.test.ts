import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KeyValueCache, MultiHeadAttention } from "../../src/nn/index.ts";
import { slice } from "../../src/ops/index.ts";
import { Random } from "../../src/random.ts";
import { defaultRuntime } from "../../src/runtime/default.ts";
import { randomNormal, tensor } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { expectClose } from "../../src/testing/index.ts";
import { exactly } from "../support/runtimes.ts";
import { effort } from "../support/seed.ts";

const random = new Random(7);
const [C, H, capacity] = [6, 3, 9];

/** Rows of different texts and how each grows: at most two positions at once. */
const growth = fc
  .record({ rows: fc.integer({ min: 1, max: 3 }), steps: fc.integer({ min: 1, max: 4 }) })
  .chain(({ rows, steps }) => {
    const row = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: rows, maxLength: rows });
    return fc.array(row, { minLength: steps, maxLength: steps });
  });

const texts = (rows: number) => randomNormal([rows, capacity, C], { random });

/** Positions starts[b] … of each row of x, `time` of them; what is not there is another row's. */
function part(x: Tensor, starts: readonly number[], time: number): Tensor {
  const rows = x.toArray() as number[][][];
  return tensor(
    starts.map((start, b) => Array.from({ length: time }, (_, i) => rows[b]![start + i] ?? rows[0]![0]!)),
  );
}

describe("KeyValueCache", () => {
  test("rows of different lengths attend as each would alone", () =>
    fc.assert(
      fc.property(growth, (steps) =>
        exactly(() => {
          const batch = steps[0]!.length;
          const layer = new MultiHeadAttention(C, { heads: H, random });
          const x = texts(batch);
          const whole = layer.forward(x).toArray() as number[][][];
          const cache = layer.cache(batch, capacity);
          for (const lengths of steps) {
            const starts = cache.lengths;
            const time = Math.max(1, ...lengths);
            const y = layer.forward(part(x, starts, time), { cache, lengths }).toArray() as number[][][];
            lengths.forEach((length, b) => {
              const wanted = whole[b]!.slice(starts[b], starts[b]! + length);
              expectClose(y[b]!.slice(0, length).flat(), wanted.flat());
            });
            expect(cache.lengths).toEqual(starts.map((start, b) => start + lengths[b]!));
          }
        })(),
      ),
      { numRuns: 20 * effort },
    ));

  test(
    "goes on from a shorter past after `truncate`, and from other rows after `reorder`",
    exactly(() => {
      const layer = new MultiHeadAttention(C, { heads: H, keyHeads: 1, random });
      const x = texts(3);
      const whole = layer.forward(x).toArray() as number[][][];
      const cache = layer.cache(3, capacity);
      layer.forward(slice(x, [null, [0, 5]]), { cache, lengths: [5, 4, 3] });
      cache.truncate([2, 4, 3]);
      cache.reorder([2, 2, 0, 1]);
      expect(cache.lengths).toEqual([3, 3, 2, 4]);
      const rows = x.toArray() as number[][][];
      const next = [rows[2]![3]!, rows[2]![3]!, rows[0]![2]!, rows[1]![4]!];
      const y = layer.forward(tensor(next.map((vector) => [vector])), { cache });
      const wanted = [whole[2]![3]!, whole[2]![3]!, whole[0]![2]!, whole[1]![4]!];
      expectClose(y, tensor(wanted.map((vector) => [vector])));
      cache.truncate(3);
      expect(cache.lengths).toEqual([3, 3, 3, 3]);
      cache.clear();
      expect([cache.length, cache.lengths]).toEqual([0, [0, 0, 0, 0]]);
    }),
  );

  test(
    "makes room when it is needed",
    exactly(() => {
      const layer = new MultiHeadAttention(C, { heads: H, random });
      const x = randomNormal([2, 150, C], { random });
      const whole = layer.forward(x);
      const cache = layer.cache(2, 1000);
      expect(cache.keys.shape[2]).toBe(64);
      layer.forward(slice(x, [null, [0, 50]]), { cache, lengths: [50, 40] });
      cache.truncate(40);
      const y = layer.forward(slice(x, [null, [40, 149]]), { cache });
      expectClose(y, slice(whole, [null, [40, 149]]));
      expect([cache.keys.shape[2], cache.capacity]).toEqual([149, 1000]);
      expectClose(layer.forward(slice(x, [null, [149, 150]]), { cache }), slice(whole, [null, [149, 150]]));
      expect(cache.keys.shape[2]).toBe(298);
    }),
  );

  test(
    "belongs to the runtime until it is disposed of, whatever was put in its place",
    exactly(() => {
      const runtime = defaultRuntime();
      const cache = new KeyValueCache({ batch: 2, keyHeads: 1, headWidth: 2, capacity: 3, runtime });
      runtime.scope(() => cache.reorder([1, 0]));
      expect(runtime.memoryStats().liveTensors).toBe(2);
      cache.dispose();
      expect(runtime.memoryStats().liveTensors).toBe(0);
    }),
  );

  test(
    "refuses what it does not hold, and stays as it was",
    exactly(() => {
      const layer = new MultiHeadAttention(C, { heads: H, random });
      const cache = layer.cache(2, 4);
      const two = slice(texts(2), [null, [0, 3]]);
      layer.forward(two, { cache, lengths: [3, 1] });
      expect(() => layer.forward(two, { cache, lengths: [2, 2] })).toThrow("at most 4 positions, got 5");
      expect(() => layer.forward(slice(two, [[0, 1]]), { cache })).toThrow("2 rows, got 1");
      expect(() => cache.truncate([3, 2])).toThrow("lengths up to 3,1, got [3, 2]");
      expect(() => cache.truncate([3])).toThrow("lengths up to 3,1");
      expect(() => cache.truncate(-1)).toThrow("lengths up to 3,1");
      expect(() => cache.reorder([0, 2])).toThrow("rows below 2, got [0, 2]");
      expect(cache.lengths).toEqual([3, 1]);
    }),
  );
});
