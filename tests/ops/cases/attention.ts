import fc from "fast-check";
import { type AttentionOptions, attention } from "../../../src/ops/attention.ts";
import { attentionWeights } from "../../../src/ops/attentionWeights.ts";
import { packedAttention } from "../../../src/ops/packedAttention.ts";
import { Random } from "../../../src/random.ts";
import { drawFloats } from "../../support/inputs.ts";
import type { OpCase, OpSample } from "../../support/opCase.ts";

/** Sizes up to a little more than a vector; 0 is rare. Several heads share a key head. */
const sizes = fc.record({
  batches: fc.integer({ min: 1, max: 2 }),
  keyHeads: fc.integer({ min: 1, max: 2 }),
  sharing: fc.integer({ min: 1, max: 2 }),
  queries: size(7),
  keys: size(9),
  headWidth: size(5),
});

function size(max: number): fc.Arbitrary<number> {
  return fc.oneof({ weight: 15, arbitrary: fc.integer({ min: 1, max }) }, fc.constant(0));
}

const offset = fc.integer({ min: -2, max: 4 });

type Hiding = Pick<AttentionOptions, "causal" | "causalOffset" | "window" | "keyLengths">;

/** What hides keys: some queries may see none. */
function drawOptions(batches: number, keys: number): fc.Arbitrary<AttentionOptions> {
  const lengths = fc.array(fc.integer({ min: 0, max: keys }), { minLength: batches, maxLength: batches });
  const causal: fc.Arbitrary<Hiding> = fc.record(
    {
      causal: fc.constant(true),
      causalOffset: fc.oneof(offset, fc.array(offset, { minLength: batches, maxLength: batches })),
      window: fc.integer({ min: 1, max: 5 }),
      keyLengths: lengths,
    },
    { requiredKeys: ["causal"] },
  );
  const open: fc.Arbitrary<Hiding> = fc.record({ keyLengths: lengths }, { requiredKeys: [] });
  const dropout = fc.record({ rate: fc.constantFrom(0.2, 0.5), random: fc.nat().map((n) => new Random(n)) });
  return fc
    .tuple(fc.oneof(causal, open), fc.record({ scale: fc.constant(0.7), dropout }, { requiredKeys: [] }))
    .map(([hiding, others]) => ({ ...hiding, ...others }));
}

const separate: fc.Arbitrary<OpSample> = sizes.chain(
  ({ batches, keyHeads, sharing, queries, keys, headWidth }) => {
    const keyShape = [batches, keyHeads, keys, headWidth];
    return fc
      .tuple(
        drawFloats([batches, keyHeads * sharing, queries, headWidth]),
        drawFloats(keyShape),
        drawFloats(keyShape),
        drawOptions(batches, keys),
      )
      .map(([q, k, v, options]) => ({
        label: JSON.stringify(options),
        inputs: [q, k, v],
        run: (q, k, v) => attention(q!, k!, v!, options),
      }));
  },
);

/** The same by basic ops, with a mask that broadcasts and hides a key here and there. */
const masked: fc.Arbitrary<OpSample> = sizes.chain(
  ({ batches, keyHeads, sharing, queries, keys, headWidth }) => {
    const keyShape = [batches, keyHeads, keys, headWidth];
    const heads = keyHeads * sharing;
    const maskShape = fc.constantFrom([queries, keys], [heads, 1, keys], [batches, heads, queries, keys]);
    return fc
      .tuple(
        drawFloats([batches, heads, queries, headWidth]),
        drawFloats(keyShape),
        drawFloats(keyShape),
        maskShape.chain((shape) => drawFloats(shape)),
        drawOptions(batches, keys),
      )
      .map(([q, k, v, mask, options]) => ({
        label: JSON.stringify(options),
        inputs: [q, k, v, mask],
        run: (q, k, v, mask) => attention(q!, k!, v!, { ...options, mask }),
      }));
  },
);

const packed: fc.Arbitrary<OpSample> = sizes.chain(({ batches, keyHeads, sharing, queries, headWidth }) => {
  const heads = keyHeads * sharing;
  return fc
    .tuple(
      drawFloats([batches, queries, (heads + 2 * keyHeads) * headWidth]),
      drawOptions(batches, queries),
      fc.option(drawFloats([queries, queries]), { nil: undefined }),
    )
    .map(([qkv, options, mask]) => ({
      label: JSON.stringify(options),
      inputs: mask ? [qkv, mask] : [qkv],
      run: (qkv, mask) => packedAttention(qkv!, { ...options, heads, keyHeads, mask }),
    }));
});

const weights: fc.Arbitrary<OpSample> = sizes.chain(
  ({ batches, keyHeads, sharing, queries, keys, headWidth }) =>
    fc
      .tuple(
        drawFloats([batches, keyHeads * sharing, queries, headWidth]),
        drawFloats([batches, keyHeads, keys, headWidth]),
        drawOptions(batches, keys),
      )
      .map(([q, k, { dropout: _, ...options }]) => ({
        label: JSON.stringify(options),
        inputs: [q, k],
        run: (q, k) => attentionWeights(q!, k!, options),
      })),
);

export const attentionCases = {
  attention: { samples: fc.oneof({ weight: 2, arbitrary: separate }, masked), order: 2 },
  attentionWeights: { samples: weights, order: 2 },
  packedAttention: { samples: packed, order: 2 },
} satisfies Record<string, OpCase>;
