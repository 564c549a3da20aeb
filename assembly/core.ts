/** What core.wasm exports: one file per family of src/runtime/kernels. */
export * from "./elementwiseUnary";
export * from "./elementwiseBinary";
export * from "./elementwiseInto";
export * from "./elementwiseWhere";
