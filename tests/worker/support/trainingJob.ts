import {
  AdamW,
  dispose,
  Gpt,
  NonFiniteError,
  parameters,
  Random,
  TokenBatches,
  train,
  writeCheckpoint,
} from "lanegrad";
import { expose, type JobContext } from "lanegrad/worker";

export interface TrainingOptions {
  readonly tokens: Int32Array;
  readonly steps: number;
  /** After which step the job throws, or the worker dies. */
  readonly throwAfter?: number;
  readonly dieAfter?: number;
}

const config = { contextLength: 8, vocabSize: 11, layers: 1, heads: 2, width: 16 };

/** What a user's worker file is: a training from options to steps. */
export async function* training(options: TrainingOptions, signal: AbortSignal, context: JobContext) {
  const { tokens, steps, throwAfter, dieAfter } = options;
  const random = new Random(7);
  const model = new Gpt(config, { random });
  const optimizer = new AdamW(parameters(model), { learningRate: 1e-2 });
  const batches = new TokenBatches(tokens, { batch: 2, contextLength: config.contextLength, random });
  context.offerCheckpoint(() => writeCheckpoint(model, optimizer, { by: "a worker" }));
  try {
    for await (const { step, loss } of train(model, batches, { optimizer, steps, signal })) {
      yield { step, loss };
      if (step === throwAfter) throw new NonFiniteError("train", `the loss of step ${step} is NaN`);
      if (step === dieAfter) process.exit(3);
    }
  } finally {
    dispose(model);
    dispose(optimizer);
  }
}

expose(training);
