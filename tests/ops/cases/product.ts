import fc from "fast-check";
import { einsum, linear, matmul } from "../../../src/ops/index.ts";
import type { Shape } from "../../../src/shape.ts";
import { drawFloats, drawShape } from "../../support/inputs.ts";
import type { OpCase } from "../../support/opCase.ts";

/** Sizes around the edges of a vector and of a tile; 0 is rare. */
const size = fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max: 9 }) }, fc.constantFrom(0, 17));

/** Two lists of leading axes that broadcast against each other. */
const leads = fc
  .tuple(
    drawShape({ maxRank: 3, lastMax: 3 }),
    fc.nat({ max: 3 }),
    fc.nat({ max: 3 }),
    fc.array(fc.constantFrom("both", "both", "left", "right"), { minLength: 3, maxLength: 3 }),
  )
  .map(([batch, left, right, ones]) => ({
    left: batch.map((n, a) => (ones[a] === "left" ? 1 : n)).slice(Math.min(left, batch.length)),
    right: batch.map((n, a) => (ones[a] === "right" ? 1 : n)).slice(Math.min(right, batch.length)),
  }));

/** What is multiplied: matrices, or a vector on either side. */
const operandRanks = fc.constantFrom(
  "matrices",
  "matrices",
  "matrices",
  "row",
  "column",
  "both",
) as fc.Arbitrary<"matrices" | "row" | "column" | "both">;

const matmulProblem = fc
  .record({
    m: size,
    k: size,
    n: size,
    leads,
    ranks: operandRanks,
    transposeA: fc.boolean(),
    transposeB: fc.boolean(),
  })
  .map(({ m, k, n, leads: { left, right }, ranks, transposeA, transposeB }) => {
    const a = [...left, ...(transposeA ? [k, m] : [m, k])];
    const b = [...right, ...(transposeB ? [n, k] : [k, n])];
    return {
      a: ranks === "row" || ranks === "both" ? [k] : a,
      b: ranks === "column" || ranks === "both" ? [k] : b,
      options: { transposeA, transposeB },
    };
  });

/** Equations of every kind, with shapes for them. */
const equations: readonly (readonly [string, ...Shape[]])[] = [
  ["ij,jk->ik", [3, 4], [4, 5]],
  ["bthd,bshd->bhts", [2, 3, 2, 4], [2, 5, 2, 4]],
  ["bij,bkj", [2, 3, 4], [2, 5, 4]],
  ["i,j->ij", [3], [4]],
  ["i,i->", [5], [5]],
  ["ij,ij->i", [3, 4], [3, 4]],
  ["ii", [4, 4]],
  ["bii->bi", [2, 3, 3]],
  ["iij,jkk->ik", [3, 3, 2], [2, 4, 4]],
  ["...ij,...j->...i", [2, 1, 3, 4], [5, 4]],
  ["...i->", [2, 3]],
  ["ab,bc,cd->da", [2, 3], [3, 4], [4, 2]],
  ["ij,kj->ik", [3, 1], [2, 4]],
  ["ij,jk->ik", [3, 0], [0, 2]],
  [",i->i", [], [3]],
];

export const productCases = {
  matmul: {
    samples: matmulProblem.chain(({ a, b, options }) =>
      fc.tuple(drawFloats(a), drawFloats(b)).map((inputs) => ({
        label: JSON.stringify(options),
        inputs,
        run: (a, b) => matmul(a!, b!, options),
      })),
    ),
    order: 2,
  },
  linear: {
    samples: fc
      .tuple(drawShape({ minRank: 1, maxRank: 4, lastMax: 9 }), size, fc.boolean())
      .chain(([shape, n, biased]) =>
        fc
          .tuple(drawFloats(shape), drawFloats([n, shape.at(-1)!]), ...(biased ? [drawFloats([n])] : []))
          .map((inputs) => ({ inputs, run: (x, weight, bias) => linear(x!, weight!, bias) })),
      ),
    order: 2,
  },
  einsum: {
    samples: fc.constantFrom(...equations).chain(([equation, ...shapes]) =>
      fc.tuple(...shapes.map((shape) => drawFloats(shape))).map((inputs) => ({
        label: equation,
        inputs,
        run: (...operands) => einsum(equation, ...operands),
      })),
    ),
    order: 2,
  },
} satisfies Record<string, OpCase>;
