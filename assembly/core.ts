/** What core.wasm exports: one file per family of src/runtime/kernels. */
export { writeConstants } from "./constants";
export * from "./elementwiseUnary";
export * from "./elementwiseBinary";
export * from "./elementwiseInto";
export * from "./elementwiseWhere";
export * from "./reduceSum";
export * from "./reduceExtreme";
export * from "./reduceScan";
export * from "./move";
export * from "./softmax";
export { layerNorm, rmsNorm } from "./norm";
export * from "./normBackward";
export * from "./crossEntropy";
export * from "./indexing";
export * from "./sort";
export * from "./quantized";
export * from "./random";
export * from "./adamw";
