export { Adagrad, type AdagradOptions } from "./adagrad.ts";
export { Adam, type AdamOptions } from "./adam.ts";
export { AdamW, type AdamWOptions, decayMatricesOnly } from "./adamw.ts";
export { clipGradNorm, gradientNorm } from "./clipGradNorm.ts";
export { type MinimizeOptions, Optimizer, type OptimizerState, type ParameterGroup } from "./optimizer.ts";
export { RmsProp, type RmsPropOptions } from "./rmsProp.ts";
export * as schedules from "./schedules.ts";
export { Sgd, type SgdOptions } from "./sgd.ts";
