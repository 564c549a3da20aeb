import { describe, expect, test } from "vitest";
import { checkLengths, lastPositions, positionVectors } from "../../src/nn/positions.ts";
import { RotaryPositions, sinusoids } from "../../src/nn/positionTable.ts";
import { defaultRuntime } from "../../src/runtime/default.ts";
import { tensor } from "../../src/tensor/create.ts";
import { expectClose } from "../../src/testing/index.ts";
import { exactly } from "../support/runtimes.ts";

describe("sinusoids", () => {
  test(
    "are sines and cosines in turn, of wavelengths from 2π to 2π·10000",
    exactly(() => {
      const rows = sinusoids(4).rows([0], 3, defaultRuntime());
      const row = (position: number) => [
        Math.sin(position),
        Math.cos(position),
        Math.sin(position / 100),
        Math.cos(position / 100),
      ];
      expectClose(rows, tensor([row(0), row(1), row(2)]), { absolute: 1e-12 });
    }),
  );

  test(
    "are the same wherever rows begin, one table where all begin alike",
    exactly(() => {
      const table = sinusoids(6);
      const runtime = defaultRuntime();
      const whole = table.rows([0], 9, runtime).toArray() as number[][];
      expect(table.rows([4, 4], 3, runtime).toArray()).toEqual(whole.slice(4, 7));
      expect(table.rows([4, 1], 2, runtime).toArray()).toEqual([whole.slice(4, 6), whole.slice(1, 3)]);
    }),
  );
});

test(
  "rotary positions turn queries and keys and leave values",
  exactly(() => {
    const positions = new RotaryPositions({ heads: 2, keyHeads: 1, headWidth: 4, base: 100 });
    const { cosine, sine } = positions.rotation([3], 1, defaultRuntime());
    expect(cosine.shape).toEqual([1, 4, 2]);
    const [angles, still] = [[3, 0.3], [0, 0]]; // biome-ignore format: two rows
    const wanted = [angles, angles, angles, still];
    expectClose(cosine, tensor([wanted.map((row) => row!.map(Math.cos))]), { absolute: 1e-12 });
    expectClose(sine, tensor([wanted.map((row) => row!.map(Math.sin))]), { absolute: 1e-12 });
  }),
);

describe("learned positions and lengths", () => {
  const table = () => tensor([[0, 0], [1, 10], [2, 20], [3, 30]]); // biome-ignore format: rows

  test(
    "are rows of the table from where each text begins; padding beyond it gets the last",
    exactly(() => {
      expect(positionVectors(table(), [1, 1], 2).toArray()).toEqual([[1, 10], [2, 20]]); // biome-ignore format: rows
      const apart = positionVectors(table(), [0, 3], 2).toArray();
      expect(apart).toEqual([[[0, 0], [1, 10]], [[3, 30], [3, 30]]]); // biome-ignore format: rows
      expect(positionVectors(table(), [3], 2).toArray()).toEqual([[[3, 30], [3, 30]]]); // biome-ignore format: rows
    }),
  );

  test(
    "pick each row's last position",
    exactly(() => {
      const x = tensor([[[1], [2], [3]], [[4], [5], [6]]]); // biome-ignore format: rows
      expect(lastPositions(x).toArray()).toEqual([[[3]], [[6]]]);
      expect(lastPositions(x, [2, 3]).toArray()).toEqual([[[2]], [[6]]]);
      expect(() => checkLengths("here", [1, 4], [2, 3])).toThrow("here: wanted lengths from 0 to 3, got 4");
      expect(() => checkLengths("here", [1], [2, 3])).toThrow("here: wanted 2 lengths, one per row, got [1]");
    }),
  );
});
