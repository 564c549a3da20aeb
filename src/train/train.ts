import { ArgumentError } from "../errors.ts";
import type { Schedule } from "../optim/schedules.ts";
import type { Random } from "../random.ts";
import { Breath } from "../runtime/breath.ts";
import { currentPlatform } from "../runtime/default.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Batch, Batches } from "./batches.ts";

/** What `train` passes on to a model. */
export interface LossContext {
  readonly random?: Random | undefined;
  readonly checkpoint?: boolean;
}

/** What `train` asks of a model. */
export interface Trainable {
  /** inputs, targets: [B, T] → a scalar */
  loss(inputs: Tensor, targets: Tensor, context?: LossContext): Tensor;
}

/**
 * The loss of a batch of any kind: what `train` asks for where a model's own loss takes more than inputs and
 * targets, or there are several.
 */
export type LossFunction<Kind> = (batch: Kind, context: LossContext) => Tensor;

/** The loss of a model on what `train` gives it. */
export const lossOf = (model: Trainable): LossFunction<Batch> => {
  return ({ inputs, targets }, context) => model.loss(inputs, targets, context);
};

/** What `train` asks of an optimizer. */
export interface Minimizer {
  learningRate: number;
  readonly step: number;
  minimize(
    body: (microBatch: number) => Tensor,
    options?: { readonly microBatches?: number; readonly clipNorm?: number },
  ): { readonly loss: number; readonly gradientNorm: number };
}

export interface TrainOptions {
  readonly optimizer: Minimizer;
  /** Train until the optimizer has done this many updates. */
  readonly steps: number;
  /** Learning rate of update `step`, counted from 0. Default: the optimizer's. */
  readonly schedule?: Schedule;
  /** Batches whose gradients are averaged in one update. Default 1. */
  readonly microBatches?: number;
  /** Default: no clipping. */
  readonly clipNorm?: number;
  /** Key of dropout, forked by step. Default: no dropout. */
  readonly random?: Random;
  /** Run parts of the model again in backward instead of keeping what they made. Default false. */
  readonly checkpoint?: boolean;
  /** Stops before the next step by throwing the signal's reason; the model stays as the last step left it. */
  readonly signal?: AbortSignal;
}

/** One update that was done. */
export interface TrainStep {
  /** Updates done so far. */
  readonly step: number;
  /** Mean loss of the step's batches, before the update. */
  readonly loss: number;
  readonly learningRate: number;
  /** Before clipping. */
  readonly gradientNorm: number;
  readonly tokensPerSecond: number;
}

/**
 * Trains a model, or whatever a loss depends on, and yields each step. It goes on from where the optimizer
 * is, owns no tensor between steps, and lets the event loop breathe.
 *
 * ```ts
 * const options = { optimizer, steps: 500 };
 * for await (const { step, loss } of train(gpt, batches, options)) console.log(step, loss);
 * for await (const { step } of train(bertLoss(bert), maskedBatches, options)) console.log(step);
 * ```
 *
 * @throws NonFiniteError when the loss is infinite or NaN; nothing was updated in that step
 */
export function train(model: Trainable, batches: Batches, options: TrainOptions): AsyncGenerator<TrainStep>;
export function train<Kind>(
  loss: LossFunction<Kind>,
  batches: Batches<Kind>,
  options: TrainOptions,
): AsyncGenerator<TrainStep>;
export function train(
  model: Trainable | LossFunction<Batch>,
  batches: Batches,
  options: TrainOptions,
): AsyncGenerator<TrainStep> {
  return trainSteps(typeof model === "function" ? model : lossOf(model), batches, options);
}

async function* trainSteps<Kind>(
  lossFunction: LossFunction<Kind>,
  batches: Batches<Kind>,
  options: TrainOptions,
): AsyncGenerator<TrainStep> {
  const {
    optimizer,
    steps,
    schedule,
    microBatches = 1,
    clipNorm,
    random,
    checkpoint = false,
    signal,
  } = options;
  if (!Number.isInteger(steps) || steps < 0)
    throw new ArgumentError("train", "a whole number of steps", steps);
  const platform = currentPlatform();
  const breath = new Breath();
  while (optimizer.step < steps) {
    await breath.take(signal);
    const step = optimizer.step;
    const began = platform.now();
    if (schedule) optimizer.learningRate = schedule.at(step);
    const { loss, gradientNorm } = optimizer.minimize(
      (microBatch) => {
        const index = step * microBatches + microBatch;
        return lossFunction(batches.at(index), { random: random?.fork(index), checkpoint });
      },
      { microBatches, ...(clipNorm === undefined ? {} : { clipNorm }) },
    );
    const seconds = (platform.now() - began) / 1000;
    const tokensPerSecond = seconds > 0 ? (batches.tokensPerBatch * microBatches) / seconds : 0;
    yield { step: step + 1, loss, learningRate: optimizer.learningRate, gradientNorm, tokensPerSecond };
  }
}
