/** What gemm.wasm exports of attention. What the contract does not name is exported to keep it a function. */
export { attentionBackwardAddInto, blockGradients } from "./backward";
export { addColumns, addRows, blockScores } from "./blockProducts";
export { blockWeights, drawBlock, dropBlock, rowConstants } from "./blockWeights";
export { drawFactors, dropPanel } from "./dropout";
export { attendOne } from "./fewQueries";
export { attention, attentionPanel } from "./forward";
export { packFourRows, packOctets, packRowPanels } from "./panels";
export { preparePowers } from "./power";
export { attentionScores, attentionValues, copyPart } from "./products";
export { attentionWeights, exponentiate, raiseMaximum } from "./weights";
