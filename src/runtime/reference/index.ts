import type { Kernels } from "../kernels/index.ts";
import { adamwReference } from "./adamw.ts";
import { attentionReference } from "./attention.ts";
import { crossEntropyReference } from "./crossEntropy.ts";
import { elementwiseReference } from "./elementwise.ts";
import { gemmReference } from "./gemm.ts";
import { indexingReference } from "./indexing.ts";
import { moveReference } from "./move.ts";
import { normReference } from "./norm.ts";
import { quantizedReference } from "./quantized.ts";
import { randomReference } from "./random.ts";
import { reduceReference } from "./reduce.ts";
import { type Precision, slotsOver } from "./slots.ts";
import { softmaxReference } from "./softmax.ts";

export type { Precision } from "./slots.ts";

/**
 * The contract in the plainest loops: what the tests mean by correct. In f32 it equals the wasm kernels bit
 * for bit where the contract states an order of operations; in f64 it runs the whole library in double
 * precision.
 */
export function referenceKernels(buffer: () => ArrayBufferLike, precision: Precision): Kernels {
  const slots = slotsOver(buffer, precision);
  return {
    ...elementwiseReference(slots),
    ...reduceReference(slots),
    ...moveReference(slots),
    ...softmaxReference(slots),
    ...normReference(slots),
    ...crossEntropyReference(slots),
    ...indexingReference(slots),
    ...quantizedReference(slots),
    ...randomReference(slots),
    ...adamwReference(slots),
    ...gemmReference(slots),
    ...attentionReference(slots),
  };
}
