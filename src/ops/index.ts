/** Every op, one line each, in the order of the alphabet. */
export { add } from "./add.ts";
export { broadcastTo } from "./broadcastTo.ts";
export { exp } from "./exp.ts";
export { linear } from "./linear.ts";
export { matmul } from "./matmul.ts";
export { mul } from "./mul.ts";
export { permute } from "./permute.ts";
export { reshape } from "./reshape.ts";
export { sum } from "./sum.ts";
