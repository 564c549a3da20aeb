/** Functions of functions. */
export { checkpoint } from "./checkpoint.ts";
export { type CustomRule, customGrad } from "./customGrad.ts";
export { grad } from "./grad.ts";
export { hessian } from "./hessian.ts";
export { hvp } from "./hvp.ts";
export { jacobian } from "./jacobian.ts";
export { jvp } from "./jvp.ts";
export type { GradientOf, GradientsOf } from "./support/structure.ts";
export type { TransformOptions } from "./support/trace.ts";
export { valueAndGrad } from "./valueAndGrad.ts";
export { type Pullback, vjp } from "./vjp.ts";
