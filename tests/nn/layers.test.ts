import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  CrossAttention,
  Embedding,
  LayerNorm,
  Linear,
  Mlp,
  MultiHeadAttention,
  RmsNorm,
  TransformerBlock,
} from "../../src/nn/index.ts";
import { parameters } from "../../src/nn/parameters.ts";
import {
  add,
  attention,
  gelu,
  layerNorm,
  linear,
  mul,
  permute,
  reshape,
  rmsNorm,
  silu,
  slice,
  softmax,
  sum,
} from "../../src/ops/index.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { Random } from "../../src/random.ts";
import { randomNormal, tensor } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { expectClose, gradcheck } from "../../src/testing/index.ts";
import { exactly } from "../support/runtimes.ts";

const random = new Random(7);
const input = (...shape: number[]) => randomNormal(shape, { random: random.fork(shape.join()) });

describe("layers compute what their names say", () => {
  test(
    "Linear: x·wᵀ + b, and without a bias",
    exactly(() => {
      const layer = new Linear(3, 5, { random });
      const x = input(2, 4, 3);
      expectClose(layer.forward(x), add(matmul(x, layer.weight, { transposeB: true }), layer.bias!));
      expect(new Linear(3, 5, { random, bias: false }).bias).toBeNull();
    }),
  );

  test(
    "Linear starts uniform within ±1/√(fan in), or normal with the given deviation and biases at 0",
    exactly(() => {
      const weights = new Linear(100, 50, { random }).weight.toTypedArray();
      expect(Math.max(...weights)).toBeLessThanOrEqual(0.1);
      expect(Math.max(...weights)).toBeGreaterThan(0.095);
      const normal = new Linear(100, 50, { random, deviation: 0.02 });
      const squares = [...normal.weight.toTypedArray()].reduce((total, w) => total + w * w, 0) / 5000;
      expect(Math.abs(Math.sqrt(squares) - 0.02)).toBeLessThan(0.001);
      expect(normal.bias!.toTypedArray().every((b) => b === 0)).toBe(true);
    }),
  );

  test(
    "Embedding looks rows up",
    exactly(() => {
      const layer = new Embedding(5, 3, { random });
      const rows = layer.weight.toArray() as number[][];
      expect(layer.forward(tensor(Int32Array.of(4, 0, 4))).toArray()).toEqual([rows[4], rows[0], rows[4]]);
    }),
  );

  test(
    "norms are the ops with their own gain and bias",
    exactly(() => {
      const x = input(3, 6);
      const norm = new LayerNorm(6, { eps: 1e-3 });
      expectClose(norm.forward(x), layerNorm(x, { gain: norm.gain, bias: norm.bias!, eps: 1e-3 }));
      expect(new LayerNorm(6, { bias: false }).bias).toBeNull();
      const rms = new RmsNorm(6);
      expectClose(rms.forward(x), rmsNorm(x, { gain: rms.gain }));
    }),
  );

  test(
    "Mlp: two layers with an activation between",
    exactly(() => {
      const layer = new Mlp(4, { random, activation: "geluTanh" });
      const x = input(2, 3, 4);
      const hidden = gelu(linear(x, layer.expand.weight, layer.expand.bias!), { approximate: "tanh" });
      expectClose(layer.forward(x), linear(hidden, layer.project.weight, layer.project.bias!));
      expect(layer.expand.weight.shape).toEqual([16, 4]);
    }),
  );

  test(
    "MultiHeadAttention: heads by hand",
    exactly(() => {
      const [B, T, C, H] = [2, 5, 6, 3];
      const layer = new MultiHeadAttention(C, { heads: H, causal: false, random });
      const x = input(B, T, C);
      const packed = layer.queryKeyValue.forward(x);
      const [q, k, v] = [0, 1, 2].map((part) =>
        permute(
          reshape(slice(packed, [null, null, [part * C, (part + 1) * C]]), [B, T, H, C / H]),
          [0, 2, 1, 3],
        ),
      ) as [Tensor, Tensor, Tensor];
      const weights = softmax(mul(matmul(q, k, { transposeB: true }), 1 / Math.sqrt(C / H)));
      const heads = reshape(permute(matmul(weights, v), [0, 2, 1, 3]), [B, T, C]);
      expectClose(layer.forward(x), layer.output.forward(heads));
    }),
  );

  test(
    "Mlp with a gate: project(silu(gate)·expand), two thirds as wide",
    exactly(() => {
      const layer = new Mlp(12, { random, activation: "swiglu" });
      const x = input(2, 3, 12);
      const gated = mul(silu(layer.gate!.forward(x)), layer.expand.forward(x));
      expectClose(layer.forward(x), layer.project.forward(gated));
      expect(layer.gate!.weight.shape).toEqual([32, 12]);
    }),
  );

  test(
    "CrossAttention: queries from one sequence, keys and values from another, remembered or not",
    exactly(() => {
      const layer = new CrossAttention(6, { heads: 3, keyHeads: 1, random });
      const [x, memory] = [input(2, 2, 6), input(2, 5, 6)];
      const lengths = [5, 3];
      const y = layer.forward(x, memory, { memoryLengths: lengths });
      const heads = (part: Tensor, count: number) =>
        permute(reshape(part, [2, part.shape[1]!, count, 2]), [0, 2, 1, 3]);
      const packed = layer.keyValue.forward(memory);
      const [k, v] = [slice(packed, [null, null, [0, 2]]), slice(packed, [null, null, [2, 4]])];
      const joined = attention(heads(layer.query.forward(x), 3), heads(k, 1), heads(v, 1), {
        keyLengths: lengths,
      });
      expectClose(y, layer.output.forward(reshape(permute(joined, [0, 2, 1, 3]), [2, 2, 6])));
      const remembered = layer.remember(memory, lengths);
      expectClose(layer.forward(x, remembered), y);
      remembered.dispose();
    }),
  );

  test(
    "TransformerBlock with norms after the sublayers and cross-attention between them",
    exactly(() => {
      const block = new TransformerBlock(6, {
        heads: 2,
        random,
        normOrder: "post",
        norm: "rms",
        crossAttention: CrossAttention,
      });
      const [x, memory] = [input(2, 4, 6), input(2, 3, 6)];
      const first = block.attentionNorm.forward(add(x, block.attention.forward(x)));
      const second = block.crossAttentionNorm!.forward(
        add(first, block.crossAttention!.forward(first, memory)),
      );
      const wanted = block.mlpNorm.forward(add(second, block.mlp.forward(second)));
      expectClose(block.forward(x, { memory }), wanted);
      expect(block.attentionNorm).toBeInstanceOf(RmsNorm);
      expect(() => block.forward(x)).toThrow("TransformerBlock: wanted a memory for its cross-attention");
    }),
  );

  test(
    "TransformerBlock: x + attention(norm(x)), and that + mlp(norm(that))",
    exactly(() => {
      const block = new TransformerBlock(6, { heads: 2, random });
      const x = input(2, 4, 6);
      const middle = add(x, block.attention.forward(block.attentionNorm.forward(x)));
      expectClose(block.forward(x), add(middle, block.mlp.forward(block.mlpNorm.forward(middle))));
    }),
  );
});

test("a block's gradients are right to second order, parameters included", () =>
  gradcheck(
    () => {
      const block = new TransformerBlock(4, { heads: 2, random, activation: "geluTanh" });
      return {
        f: (x) => sum(mul(block.forward(x), block.forward(x))),
        inputs: [input(1, 3, 4), ...parameters(block)],
      };
    },
    { order: 2, elements: 3 },
  ));

test(
  "grouped key heads equal full ones whose keys and values repeat",
  exactly(() => {
    const grouped = new MultiHeadAttention(8, { heads: 4, keyHeads: 2, random });
    const full = new MultiHeadAttention(8, { heads: 4, random });
    const columns = grouped.queryKeyValue.weight.toArray() as number[][];
    const head = (part: number, group: number) =>
      columns.slice(8 + part * 4 + group * 2, 8 + part * 4 + group * 2 + 2);
    const rows = [0, 1].flatMap((part) => [0, 0, 1, 1].flatMap((group) => head(part, group)));
    const flat = [...columns.slice(0, 8), ...rows].flat();
    full.queryKeyValue.weight.runtime.floats(full.queryKeyValue.weight.ptr, flat.length).set(flat);
    const x = input(1, 5, 8);
    full.output.weight.runtime.floats(full.output.weight.ptr, 64).set(grouped.output.weight.toTypedArray());
    const zero = (t: Tensor | null) => t!.runtime.kernels.fill(t!.ptr, t!.size, 0);
    for (const layer of [grouped, full])
      for (const { bias } of [layer.queryKeyValue, layer.output]) zero(bias);
    expectClose(grouped.forward(x), full.forward(x));
  }),
);

test("a cache gives what the whole gives, however the positions are split", () =>
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }), (parts) =>
      exactly(() => {
        const total = parts.reduce((a, b) => a + b, 0);
        const layer = new MultiHeadAttention(6, { heads: 3, random });
        const x = input(2, total, 6);
        const whole = layer.forward(x).toArray() as number[][][];
        const cache = layer.cache(2, total);
        let start = 0;
        for (const length of parts) {
          const y = layer.forward(slice(x, [null, [start, start + length]]), { cache });
          const wanted = whole.map((rows) => rows.slice(start, start + length));
          expectClose(y, tensor(wanted));
          start += length;
        }
        expect(() => layer.forward(slice(x, [null, [0, 1]]), { cache })).toThrow(/at most/);
      })(),
    ),
  ));
