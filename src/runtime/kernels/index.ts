import type { AdamwKernels } from "./adamw.ts";
import type { AttentionKernels } from "./attention.ts";
import type { CrossEntropyKernels } from "./crossEntropy.ts";
import type { ElementwiseKernels } from "./elementwise.ts";
import type { GemmKernels } from "./gemm.ts";
import type { IndexingKernels } from "./indexing.ts";
import type { MoveKernels } from "./move.ts";
import type { NormKernels } from "./norm.ts";
import type { QuantizedKernels } from "./quantized.ts";
import type { RandomKernels } from "./random.ts";
import type { ReduceKernels } from "./reduce.ts";
import type { SoftmaxKernels } from "./softmax.ts";

export type { Ptr } from "./pointer.ts";
export { ABSENT, RESERVED_BYTES } from "./pointer.ts";

/** Kernels of core.wasm: plain SIMD, so the same bits on every machine. */
export type CoreKernels = ElementwiseKernels &
  ReduceKernels &
  MoveKernels &
  SoftmaxKernels &
  NormKernels &
  CrossEntropyKernels &
  IndexingKernels &
  QuantizedKernels &
  RandomKernels &
  AdamwKernels;

/** Kernels of gemm.wasm, which exists plain and with fused multiply-add. */
export type ProductKernels = GemmKernels & AttentionKernels;

/**
 * The seam between the languages: numbers in, memory changed. Arguments are output pointers, input pointers,
 * scratch, offsets, sizes and strides in elements, constants, in that order. A kernel never allocates, never
 * throws, and never sees a size of zero.
 *
 * A float constant is rounded to the precision of the floats as it enters, unless the kernel says that it
 * stays a double. Where no line says that an output may be an input, they do not overlap. Of a NaN only that
 * it is one is contract, not its bits.
 */
export type Kernels = CoreKernels & ProductKernels;
