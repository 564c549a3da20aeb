import { expect } from "vitest";
import { tensor } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import type { GoldenTensor } from "../support/golden.ts";

/** Numbers with a shape, as the files hold them. */
export interface Numbers {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

export const toTensor = ({ data, shape }: GoldenTensor, requiresGrad = true) =>
  tensor(Float32Array.from(data, Number), { shape, requiresGrad });

/** Compares within `tolerance` of the largest magnitude, or of 1. */
export function expectNear(what: string, actual: Tensor, wanted: Numbers, exact = 1e-10): void {
  expect(actual.shape, what).toEqual(wanted.shape);
  const scale = Array.from(wanted.data).reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  const tolerance = (actual.runtime.floatType === "f64" ? exact : 2e-5) * scale;
  actual.toTypedArray().forEach((value, i) => {
    expect(Math.abs(value - wanted.data[i]!), `${what}[${i}]`).toBeLessThan(tolerance);
  });
}

/** How many keys of each row are real, of a mask [B, S] that keeps the first ones. */
export function lengthsOf({ shape, data }: GoldenTensor): number[] {
  const [batch, keys] = shape as [number, number];
  const row = (b: number) => data.slice(b * keys, (b + 1) * keys).map(Number);
  return Array.from({ length: batch }, (_, b) => {
    const length = row(b).reduce((sum, kept) => sum + kept, 0);
    expect(row(b).indexOf(0) === -1 ? keys : row(b).indexOf(0), "a mask that is a length").toBe(length);
    return length;
  });
}

/** Rows from … of a matrix, or elements of a vector, in equal parts. */
function rowsOf({ shape, data }: Numbers, from: number, to: number): Numbers {
  const [rows, columns = 1] = shape as [number, number?];
  const part = Array.from(data).slice((from * rows * columns) / 3, (to * rows * columns) / 3);
  return { shape: [((to - from) * rows) / 3, ...shape.slice(1)], data: part };
}

/** The fields of our layers for those of torch.nn.TransformerEncoderLayer and DecoderLayer. */
const fields = (isDecoder: boolean): readonly (readonly [RegExp, string])[] => [
  [/self_attn\.in_proj_(weight|bias)$/, "attention.queryKeyValue.$1"],
  [/self_attn\.out_proj\./, "attention.output."],
  [/multihead_attn\.out_proj\./, "crossAttention.output."],
  [/linear1\./, "mlp.expand."],
  [/linear2\./, "mlp.project."],
  [/norm1\./, "attentionNorm."],
  [/norm2\./, isDecoder ? "crossAttentionNorm." : "mlpNorm."],
  [/norm3\./, "mlpNorm."],
  [/layers\./, "blocks."],
  [/([nN]orm\.)weight$/, "$1gain"],
];

/** Values or gradients of PyTorch's layers under the names that ours have. */
export function translate(values: Readonly<Record<string, Numbers>>): Record<string, Numbers> {
  const isDecoderLayer = (name: string) => {
    const layer = /^(.*layers\.\d+\.)?/.exec(name)![0];
    return `${layer}norm3.weight` in values;
  };
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, numbers]): [string, Numbers][] => {
      const ours = fields(isDecoderLayer(name)).reduce((text, [from, to]) => text.replace(from, to), name);
      // Queries stand apart from keys and values where these come from another sequence.
      const packed = /^(.*)multihead_attn\.in_proj_(weight|bias)$/.exec(ours);
      if (!packed) return [[ours, numbers]];
      const [, path, field] = packed;
      return [
        [`${path}crossAttention.query.${field}`, rowsOf(numbers, 0, 1)],
        [`${path}crossAttention.keyValue.${field}`, rowsOf(numbers, 1, 3)],
      ];
    }),
  );
}
