import { expect } from "vitest";
import { type AttentionOptions, attention } from "../../src/ops/attention.ts";
import { attentionWeights } from "../../src/ops/attentionWeights.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { packedAttention } from "../../src/ops/packedAttention.ts";
import { permute } from "../../src/ops/permute.ts";
import { reshape } from "../../src/ops/reshape.ts";
import { slice } from "../../src/ops/slice.ts";
import { softmax } from "../../src/ops/softmax.ts";
import { Random } from "../../src/random.ts";
import { detectAnomaly } from "../../src/runtime/default.ts";
import type { Shape } from "../../src/shape.ts";
import { gradientsOf } from "../../src/tensor/backward.ts";
import { ones, randomNormal, tensor, zeros } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { expectClose } from "../../src/testing/expectClose.ts";
import { onEveryRuntime } from "../support/onEveryRuntime.ts";
import { opSuite } from "../support/opSuite.ts";
import { attentionCases } from "./cases/attention.ts";

opSuite(attentionCases);

const random = new Random(11);
const hidden = -Infinity;

const draw = (name: string, shape: Shape) =>
  randomNormal(shape, { random: random.fork(name), requiresGrad: true });

const inputs = (queries: number, keys: number) =>
  [draw("q", [2, 4, queries, 3]), draw("k", [2, 2, keys, 3]), draw("v", [2, 2, keys, 3])] as const;

/** Result and gradients of one call, as plain numbers. */
function resultsOf(all: readonly Tensor[], y: Tensor, createGraph = false) {
  const dy = randomNormal(y.shape, { random: random.fork("dy") });
  return [y, ...gradientsOf([y], [dy], all, { createGraph })].map((t) => t!.toTypedArray());
}

/** What is hidden by options must equal what is hidden by a mask of -Infinity, gradients included. */
function expectEqualsMask(queries: number, keys: number, options: AttentionOptions, mask: number[][]) {
  const all = inputs(queries, keys);
  const fused = resultsOf(all, attention(...all, options));
  const unfused = resultsOf(all, attention(...all, { mask: tensor(mask) }));
  fused.forEach((values, i) => {
    expectClose(values, unfused[i]!, { relative: 1e-5, absolute: 1e-5 });
  });
}

onEveryRuntime("attention", (test) => {
  test("is softmax(q·kᵀ/√D)·v for a head by itself", () => {
    const q = tensor([
      [
        [
          [1, 0],
          [0, 2],
        ],
      ],
    ]);
    const k = tensor([
      [
        [
          [1, 0],
          [0, 1],
          [1, 1],
        ],
      ],
    ]);
    const v = tensor([
      [
        [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
      ],
    ]);
    const weights = softmax(
      tensor(
        [
          [1, 0, 1],
          [0, 2, 2],
        ].map((row) => row.map((s) => s / Math.sqrt(2))),
      ),
    );
    const expected = matmul(weights, reshape(v, [3, 2]));
    expectClose(attention(q, k, v), reshape(expected, [1, 1, 2, 2]));
    const unscaled = matmul(
      softmax(
        tensor([
          [1, 0, 1],
          [0, 2, 2],
        ]),
      ),
      reshape(v, [3, 2]),
    );
    expectClose(attention(q, k, v, { scale: 1 }), reshape(unscaled, [1, 1, 2, 2]));
  });

  test("hides the future when causal", () => {
    expectEqualsMask(3, 3, { causal: true }, [
      [0, hidden, hidden],
      [0, 0, hidden],
      [0, 0, 0],
    ]);
  });

  test("lets cached keys be seen through causalOffset", () => {
    expectEqualsMask(2, 5, { causal: true, causalOffset: 3 }, [
      [0, 0, 0, 0, hidden],
      [0, 0, 0, 0, 0],
    ]);
  });

  test("looks back no farther than the window", () => {
    const mask = [
      [0, hidden, hidden],
      [0, 0, hidden],
      [hidden, 0, 0],
    ];
    expectEqualsMask(3, 3, { causal: true, window: 2 }, mask);
  });

  test("hides padding behind keyLengths, as a tensor or as numbers", () => {
    const all = inputs(3, 4);
    const mask = tensor([[[[0, 0, hidden, hidden]]], [[[0, 0, 0, 0]]]]);
    const expected = resultsOf(all, attention(...all, { mask }));
    for (const keyLengths of [[2, 4], tensor(Int32Array.of(2, 4))]) {
      resultsOf(all, attention(...all, { keyLengths })).forEach((values, i) => {
        expectClose(values, expected[i]!, { absolute: 1e-5 });
      });
    }
  });

  test("gives 0 and gradient 0 to a query that sees no key, by kernel, by definition and with a mask", () => {
    const options: AttentionOptions[] = [
      { keyLengths: [0, 0] },
      { causal: true, causalOffset: -3 },
      { mask: tensor([hidden, hidden, hidden]) },
    ];
    for (const option of options) {
      for (const createGraph of [false, true]) {
        const all = inputs(3, 3);
        const zero = (values: ArrayLike<number>) => Array.from(values).every((value) => value === 0);
        expect(resultsOf(all, attention(...all, option), createGraph).every(zero)).toBe(true);
      }
    }
  });

  test("takes a mask of a single number", () => {
    const all = inputs(2, 3);
    expectClose(attention(...all, { mask: tensor(0.5) }), attention(...all).toTypedArray());
    expect(
      attention(...all, { mask: tensor(hidden) })
        .toTypedArray()
        .every((value) => value === 0),
    ).toBe(true);
  });

  test("passes the gradient on to the mask, 0 where it hides", () => {
    const mask = tensor(
      [
        [0, 0.5, hidden],
        [1, hidden, hidden],
      ],
      { requiresGrad: true },
    );
    const [q, k, v] = inputs(2, 3);
    const [dMask] = gradientsOf([attention(q, k, v, { mask })], [draw("dy", [2, 4, 2, 3])], [mask]);
    const [first, second] = dMask!.toArray() as [number[], number[]];
    // A softmax's gradient sums to 0 along a row; a row with one visible key has none.
    expect(first[0]).not.toBe(0);
    expectClose(first[0]! + first[1]!, 0, { absolute: 1e-5 });
    expectClose([first[2]!, ...second], [0, 0, 0, 0], { absolute: 1e-6 });
  });

  test("is no anomaly where it hides keys", () => {
    const all = inputs(3, 3);
    const mask = tensor([0, hidden, 0]);
    detectAnomaly(() => {
      for (const option of [{ mask }, { mask, causal: true, causalOffset: -1 }, { keyLengths: [1, 0] }]) {
        resultsOf(all, attention(...all, option), true);
      }
    });
  });

  test("adds up the gradients of a tensor that is q, k and v at once", () => {
    for (const createGraph of [false, true]) {
      const x = draw("x", [1, 2, 4, 3]);
      const parts = [x.alias(), x.alias(), x.alias()] as const;
      for (const part of parts) part.requiresGrad = true;
      const [, together] = resultsOf([x], attention(x, x, x), createGraph);
      const [, dq, dk, dv] = resultsOf(parts, attention(...parts), createGraph);
      const sum = Float64Array.from(together!, (_, i) => dq![i]! + dk![i]! + dv![i]!);
      expectClose(together!, sum, { absolute: 1e-5 });
    }
  });

  test("drops weights by key and head, the same in backward and with a mask", () => {
    const all = inputs(5, 6);
    const dropout = { rate: 0.5, random };
    const fused = resultsOf(all, attention(...all, { dropout, keyLengths: [4, 6] }));
    const unfused = resultsOf(all, attention(...all, { dropout, keyLengths: [4, 6], mask: zeros([]) }));
    fused.forEach((values, i) => {
      expectClose(values, unfused[i]!, { relative: 1e-5, absolute: 1e-5 });
    });
    const plain = attention(...all).toArray();
    expect(attention(...all, { dropout }).toArray()).not.toEqual(plain);
    expect(attention(...all, { dropout: { rate: 0, random } }).toArray()).toEqual(plain);
    const everything = attention(...all, { dropout: { rate: 1, random } }).toTypedArray();
    expect(everything.every((value) => value === 0)).toBe(true);
  });

  test("gives gradients to those that want one", () => {
    const [q, k, v] = inputs(3, 4);
    const all = resultsOf([q, k, v], attention(q, k, v));
    const frozen = attention(q.alias(), k, v.alias());
    expect(resultsOf([k], frozen)[1]).toEqual(all[2]);
  });

  test("over no keys, queries or width gives zeros of the right shape", () => {
    const call = (queries: number, keys: number, width: number) =>
      attention(ones([1, 2, queries, width]), ones([1, 1, keys, width]), ones([1, 1, keys, width])).toArray();
    expect(call(1, 0, 2)).toEqual([[[[0, 0]], [[0, 0]]]]);
    expect(call(0, 2, 2)).toEqual([[[], []]]);
    expect(call(1, 2, 0)).toEqual([[[[]], [[]]]]);
  });

  test("refuses what does not fit", () => {
    const [q, k, v] = inputs(3, 4);
    const three = zeros([2, 3, 4, 3]);
    expect(() => attention(zeros([2, 3, 3]), k, v)).toThrow("q of [B, H, T, D] and k of [B, G, S, D]");
    expect(() => attention(q, zeros([1, 2, 4, 3]), v)).toThrow("got [2, 4, 3, 3] and [1, 2, 4, 3]");
    expect(() => attention(q, k, zeros([2, 2, 5, 3]))).toThrow("k and v of one shape");
    expect(() => attention(q, three, three)).toThrow(
      "a number of heads that the key heads divide, got [4, 3]",
    );
    expect(() => attention(q, k, v, { window: 2 })).toThrow("window and causalOffset only with causal: true");
    expect(() => attention(q, k, v, { causalOffset: 2 })).toThrow(
      "window and causalOffset only with causal: true",
    );
    expect(() => attention(q, k, v, { causal: true, window: 0 })).toThrow("a window of 1 or more, got 0");
    expect(() => attention(q, k, v, { causal: true, causalOffset: 0.5 })).toThrow("a whole causalOffset");
    expect(() => attention(q, k, v, { causal: true, causalOffset: [1] })).toThrow(
      "2 causalOffsets, one per batch entry, got [1]",
    );
    expect(() => attention(q, k, v, { keyLengths: [1] })).toThrow(
      "2 keyLengths, one per batch entry, got [1]",
    );
    expect(() => attention(q, k, v, { keyLengths: [1, 5] })).toThrow("keyLengths from 0 to 4, got 5");
    expect(() => attention(q, k, v, { mask: zeros([3, 3]) })).toThrow(
      "attention: wanted shapes that broadcast",
    );
    expect(() => attention(q, k, v, { mask: zeros([1, 1, 1, 1, 1]) })).toThrow(
      "a mask that broadcasts to [B, H, T, S]",
    );
    expect(() => attention(q, k, v, { dropout: { rate: 2, random } })).toThrow("a rate from 0 to 1, got 2");
  });
});

onEveryRuntime("attentionWeights", (test) => {
  test("is what attention multiplies the values with", () => {
    const [q, k, v] = inputs(3, 4);
    const options = { causal: true, causalOffset: 1, keyLengths: [4, 2] };
    const weights = attentionWeights(q, k, options);
    expect(weights.shape).toEqual([2, 4, 3, 4]);
    const shared = reshape(weights, [2, 2, 6, 4]);
    expectClose(attention(q, k, v, options), reshape(matmul(shared, v), [2, 4, 3, 3]), { absolute: 1e-5 });
  });

  test("sums to 1 over the keys that a query sees", () => {
    const [q, k] = inputs(2, 3);
    const options = { causal: true, causalOffset: -1, mask: tensor([0, 0.5, hidden]) };
    const rows = attentionWeights(q, k, options).toArray() as number[][][][];
    for (const [none, one] of rows.flat()) {
      expect(none).toEqual([0, 0, 0]);
      expect(one).toEqual([1, 0, 0]);
    }
  });

  test("refuses what does not fit", () => {
    expect(() => attentionWeights(zeros([2, 3, 3]), zeros([1, 1, 2, 3]))).toThrow(
      "attentionWeights: wanted q of [B, H, T, D] and k of [B, G, S, D]",
    );
  });
});

onEveryRuntime("packedAttention", (test) => {
  test("is attention of the parts, its gradient packed as they are", () => {
    const [heads, keyHeads, width] = [4, 2, 3];
    const qkv = draw("qkv", [2, 5, (heads + 2 * keyHeads) * width]);
    const options = { causal: true, dropout: { rate: 0.3, random } };
    const part = (from: number, count: number) =>
      permute(
        reshape(slice(qkv, [null, null, [from * width, (from + count) * width]]), [2, 5, count, width]),
        [0, 2, 1, 3],
      );
    const apart = attention(part(0, heads), part(heads, keyHeads), part(heads + keyHeads, keyHeads), options);
    const joined = reshape(permute(apart, [0, 2, 1, 3]), [2, 5, heads * width]);
    const expected = resultsOf([qkv], joined);
    resultsOf([qkv], packedAttention(qkv, { heads, keyHeads, ...options })).forEach((values, i) => {
      expectClose(values, expected[i]!, { absolute: 1e-6 });
    });
  });

  test("refuses what does not fit", () => {
    expect(() => packedAttention(zeros([1, 2, 7]), { heads: 1 })).toThrow(
      "qkv of [B, T, 3·D], got [1, 2, 7]",
    );
    expect(() => packedAttention(zeros([2, 6]), { heads: 1 })).toThrow("qkv of [B, T, 3·D], got [2, 6]");
    expect(() => packedAttention(zeros([1, 2, 6]), { heads: 0 })).toThrow("1 head or more, got 0");
    expect(() => packedAttention(zeros([1, 2, 7]), { heads: 3, keyHeads: 2 })).toThrow(
      "the key heads divide, got [3, 2]",
    );
  });
});
