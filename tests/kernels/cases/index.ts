import type { CoreKernels } from "../../../src/runtime/kernels/index.ts";
import type { Case } from "../draw.ts";
import { adamwCases } from "./adamw.ts";
import { crossEntropyCases } from "./crossEntropy.ts";
import { elementwiseCases } from "./elementwise.ts";
import { indexingCases } from "./indexing.ts";
import { moveCases } from "./move.ts";
import { normCases } from "./norm.ts";
import { quantizedCases } from "./quantized.ts";
import { randomCases } from "./random.ts";
import { reduceCases } from "./reduce.ts";
import { softmaxCases } from "./softmax.ts";

/** One case per kernel; a kernel without one is a type error. */
export const coreCases: Record<keyof CoreKernels, Case> = {
  ...elementwiseCases,
  ...reduceCases,
  ...moveCases,
  ...softmaxCases,
  ...normCases,
  ...crossEntropyCases,
  ...indexingCases,
  ...quantizedCases,
  ...randomCases,
  ...adamwCases,
};
