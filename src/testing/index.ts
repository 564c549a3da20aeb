/** `lanegrad/testing`: for property tests of programs written with lanegrad. */
export { createRuntime } from "../runtime/default.ts";
export { referenceBackend } from "../runtime/referenceBackend.ts";
export {
  arbitraryBroadcast,
  arbitraryShape,
  arbitraryTensor,
  type DrawnTensor,
  type ElementOptions,
  type ShapeOptions,
} from "./arbitrary.ts";
export { expectClose, type Numbers, type Tolerance } from "./expectClose.ts";
export { type GradcheckOptions, type GradcheckProblem, gradcheck } from "./gradcheck.ts";
