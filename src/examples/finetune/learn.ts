/** The training: with a bar that tells how it goes, and with examinations on the way. */
import cliProgress from "cli-progress";
import {
  AdamW,
  decayMatricesOnly,
  evaluate,
  type Gpt,
  parameters,
  type Random,
  schedules,
  TokenBatches,
  train,
} from "lanegrad";

/** Windows in a batch. */
const BATCH = 16;
/** In one training, the last of them after its last step. */
const EXAMINATIONS = 10;

export interface Learning {
  readonly training: Int32Array;
  readonly validation: Int32Array;
  readonly steps: number;
  /** At its peak. */
  readonly learningRate: number;
  /** Key of the windows. */
  readonly random: Random;
}

export interface Examination {
  /** Steps done so far. */
  readonly step: number;
  /** On all of the validation, in nats for each token. */
  readonly loss: number;
}

/** Trains what is not frozen of a model, and yields how well it does after each tenth of the steps. */
export async function* learn(
  title: string,
  model: Gpt,
  { training, validation, steps, learningRate: peak, random }: Learning,
): AsyncGenerator<Examination> {
  const { contextLength } = model.config;
  const optimizer = new AdamW(decayMatricesOnly(parameters(model), 0.1), { beta2: 0.99 });
  const schedule = schedules.cosine({ peak, steps, warmup: Math.floor(steps / 20) });
  const batches = new TokenBatches(training, { batch: BATCH, contextLength, random });
  const bar = new cliProgress.SingleBar({
    format: `${title.padEnd(18)}{bar} step {value}  loss {loss}, {examined} in validation`,
    noTTYOutput: true,
    notTTYSchedule: 30_000,
  });
  const shown = { loss: "-", examined: "-" };
  let examinations = 0;
  bar.start(steps, 0, shown);
  try {
    for await (const { step, loss } of train(model, batches, { optimizer, schedule, steps, clipNorm: 1 })) {
      shown.loss = loss.toFixed(3);
      bar.update(step, shown);
      if (step * EXAMINATIONS < steps * (examinations + 1)) continue;
      examinations++;
      const examined = await evaluate(model, validation);
      shown.examined = examined.loss.toFixed(4);
      bar.update(step, shown);
      yield { step, loss: examined.loss };
    }
  } finally {
    bar.stop();
    optimizer.dispose();
  }
}

/** The best of the examinations, and what was kept of the model then. */
export async function best<Kept>(
  examinations: AsyncIterable<Examination>,
  keep: () => Kept | Promise<Kept>,
): Promise<Examination & { readonly kept: Kept }> {
  let found: (Examination & { readonly kept: Kept }) | undefined;
  for await (const examination of examinations) {
    if (!found || examination.loss < found.loss) found = { ...examination, kept: await keep() };
  }
  return found!;
}
