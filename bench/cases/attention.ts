import { attention, backward, packedAttention, reshape, scope, slice, type Tensor } from "lanegrad";
import type { Case, Prepared } from "../case.ts";
import { errorOf, exactly, normal, normalLeaf } from "../exact.ts";

interface AttentionSizes {
  readonly batch: number;
  readonly heads: number;
  readonly time: number;
  readonly headWidth: number;
}

/** Of nanoGPT's CPU configuration, a medium one, and GPT-2 at its full context. */
const sizes: readonly AttentionSizes[] = [
  { batch: 12, heads: 4, time: 64, headWidth: 32 },
  { batch: 4, heads: 8, time: 256, headWidth: 64 },
  { batch: 1, heads: 12, time: 1024, headWidth: 64 },
];

/** Query and key pairs that causality allows, and flops of each per element of a head: two products forward, five backward. */
const pairsOf = ({ batch, heads, time }: AttentionSizes) => (batch * heads * time * (time + 1)) / 2;
const FORWARD = 4;
const BACKWARD = 10;

function attentionCase(
  name: string,
  flopsPerPair: number,
  of: AttentionSizes,
  prepare: () => Prepared,
): Case {
  const { batch, heads, time, headWidth } = of;
  const flops = flopsPerPair * pairsOf(of) * headWidth;
  return {
    part: "attention",
    name,
    size: `${batch},${heads},${time},${headWidth}`,
    work: { unit: "GFLOP/s", amount: flops },
    yardstick: { loop: "multiplyAdd", amount: flops },
    prepare,
  };
}

/** Packed projections [B, T, 3·H·D] and a cotangent [B, T, H·D]. */
function packedOperands({ batch, heads, time, headWidth }: AttentionSizes) {
  const qkv = normalLeaf(1, batch, time, 3 * heads * headWidth);
  return { qkv, dy: normal(2, batch, time, heads * headWidth) };
}

/** One head of the first batch entry and its gradient, against f64: heads do not know each other. */
function packedError(qkv: Tensor, dy: Tensor, { heads, time, headWidth }: AttentionSizes): number {
  const [small, dSmall] = scope(() => {
    const columns = reshape(slice(qkv, [[0, 1]]), [time, 3, heads, headWidth]);
    const head = reshape(slice(columns, [null, null, [0, 1]]), [1, time, 3 * headWidth]);
    return [head.detach(), slice(dy, [[0, 1], null, [0, headWidth]])];
  });
  const compute = (input: Tensor, cotangent: Tensor) => {
    input.requiresGrad = true;
    const y = packedAttention(input, { heads: 1, causal: true });
    backward(y, cotangent);
    return [y, input.grad!];
  };
  return errorOf(
    compute(small!, dSmall!),
    exactly((x, d) => compute(x!, d!), [small!, dSmall!]),
  );
}

const forward = (of: AttentionSizes): Case =>
  attentionCase("packedAttention", FORWARD, of, () => {
    const { qkv, dy } = packedOperands(of);
    qkv.requiresGrad = false;
    return {
      run: () => void scope(() => void packedAttention(qkv, { heads: of.heads, causal: true })),
      error: () => packedError(qkv, dy, of),
    };
  });

const backwardOnly = (of: AttentionSizes): Case =>
  attentionCase("packedAttention, backward", BACKWARD, of, () => {
    const { qkv, dy } = packedOperands(of);
    const y = packedAttention(qkv, { heads: of.heads, causal: true });
    return {
      run: () => {
        scope(() => backward(y, dy, { retainGraph: true }));
        qkv.grad = null;
      },
      error: () => packedError(qkv, dy, of),
    };
  });

const both = (of: AttentionSizes): Case =>
  attentionCase("packedAttention with backward", FORWARD + BACKWARD, of, () => {
    const { qkv, dy } = packedOperands(of);
    return {
      run: () => {
        scope(() => backward(packedAttention(qkv, { heads: of.heads, causal: true }), dy));
        qkv.grad = null;
      },
      error: () => packedError(qkv, dy, of),
    };
  });

/** q, k and v as tensors of their own, [B, H, T, D]. */
const separate = (of: AttentionSizes): Case =>
  attentionCase("attention", FORWARD, of, () => {
    const { batch, heads, time, headWidth } = of;
    const [q, k, v] = [1, 2, 3].map((seed) => normal(seed, batch, heads, time, headWidth));
    const run = (...of: Tensor[]) => attention(of[0]!, of[1]!, of[2]!, { causal: true });
    const oneHead = (x: Tensor) =>
      slice(x, [
        [0, 1],
        [0, 1],
      ]);
    return {
      run: () => void scope(() => void run(q!, k!, v!)),
      error: () => {
        const head = [q!, k!, v!].map(oneHead);
        return errorOf(
          [oneHead(run(q!, k!, v!))],
          exactly((...inputs) => [run(...inputs)], head),
        );
      },
    };
  });

export const attentionCases: readonly Case[] = sizes.flatMap((of) => [
  forward(of),
  backwardOnly(of),
  both(of),
  separate(of),
]);
