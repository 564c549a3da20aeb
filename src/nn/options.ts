import type { Random } from "../random.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { parameter, randomNormal, randomUniform, zeros } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** What every layer with weights takes. */
export interface LayerOptions {
  /** Key of the initial weights; a layer forks it for each of its parts by the field's name. */
  readonly random: Random;
  /** Whether there are biases. Default true. */
  readonly bias?: boolean;
  /** Standard deviation of normally distributed initial weights. Default: PyTorch's uniform ±1/√(fan in). */
  readonly deviation?: number;
  /** "zeros" spares the draws, for weights that are loaded next. Default "random". */
  readonly initial?: "random" | "zeros";
  /** "int8" keeps the weights of linear layers as `quantize` does, from the start. Default "f32". */
  readonly weights?: "f32" | "int8";
  /** Default: the default runtime. */
  readonly runtime?: Runtime;
}

/** What a model with weights takes. */
export type ModelOptions = Pick<LayerOptions, "random" | "initial" | "weights" | "runtime">;

/** The key of a part of a layer. */
export function optionsFor<Options extends LayerOptions>(options: Options, field: string): Options {
  return { ...options, random: options.random.fork(field) };
}

/** A weight [n, k] or a bias [n] of a layer that sums over `fanIn` terms. */
export function initialWeight(shape: readonly number[], fanIn: number, options: LayerOptions): Tensor {
  const { random, deviation, initial, runtime } = options;
  if (initial === "zeros") return parameter(zeros(shape, runtime ? { runtime } : {}));
  const where = runtime ? { random, runtime } : { random };
  if (deviation !== undefined) return parameter(randomNormal(shape, { ...where, deviation }));
  const bound = 1 / Math.sqrt(fanIn);
  return parameter(randomUniform(shape, { ...where, low: -bound, high: bound }));
}
