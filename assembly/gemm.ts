/**
 * Exports of gemm.wasm: products, plain and with fused multiply-add. What the contract does not name is
 * exported to keep it a function.
 */
export { gemm, gemmAddInto } from "./gemm/batch";
export { multiplyBlock } from "./gemm/block";
export { columnOfFours, columnOfSixes, multiplyColumns } from "./gemm/columns";
export { copyFour, copyFourSixes, copyLanes, copySix, copySixteen } from "./gemm/copyLanes";
export { moveRows } from "./gemm/move";
export { packPanels, packPart } from "./gemm/pack";
export { multiplyPanels, multiplyRowPanels } from "./gemm/panels";
export { multiply, multiplySlab, packRows } from "./gemm/product";
export { addScaled, multiplyRows } from "./gemm/rows";
export { rowTimesMatrix } from "./gemm/rowTimesMatrix";
export { transposeLanes } from "./gemm/transposeLanes";
export * from "./attention/index";
