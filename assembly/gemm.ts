/** Exports of gemm.wasm: products, plain and with fused multiply-add. What the contract does not name is exported to keep it a function. */
export { multiplyBlock, moveRows } from "./gemm/block";
export { multiplyNarrowPanel, multiplyPanels } from "./gemm/panels";
export { copyLanes, packPanels, packPart, transposeFour, transposeLanes, transposeTwo } from "./gemm/pack";
export { gemm, gemmAddInto, multiply, packColumns, packRows } from "./gemm/product";
export { rowTimesMatrix } from "./gemm/rowTimesMatrix";
export * from "./attention/index";
