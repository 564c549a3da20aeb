/** The loop of both trainings: pre-training and fine-tuning differ in what they read and in the loss. */
import cliProgress from "cli-progress";
import {
  AdamW,
  type Batches,
  decayMatricesOnly,
  dispose,
  type LossFunction,
  parameters,
  type Random,
  schedules,
  train,
} from "lanegrad";

export interface Learning {
  /** What the bar shows before the loss. */
  readonly title: string;
  readonly steps: number;
  /** The highest: it rises to it in the first tenth of the steps, and falls to a hundredth of it. */
  readonly learningRate: number;
  /** Key of dropout; without it nothing is dropped. */
  readonly random?: Random;
}

export async function learn<Kind>(
  model: object,
  loss: LossFunction<Kind>,
  batches: Batches<Kind>,
  { title, learningRate, ...options }: Learning,
): Promise<void> {
  const { steps } = options;
  const warmup = Math.floor(steps / 10);
  const schedule = schedules.cosine({ peak: learningRate, minimum: learningRate / 100, steps, warmup });
  const optimizer = new AdamW(decayMatricesOnly(parameters(model), 0.01), { beta2: 0.98 });
  const bar = new cliProgress.SingleBar({
    format: `${title}  {bar} {percentage} %  loss {loss}`,
    noTTYOutput: true,
    notTTYSchedule: 30_000,
  });
  bar.start(steps, 0, { loss: "-" });
  for await (const step of train(loss, batches, { ...options, optimizer, schedule, clipNorm: 1 })) {
    bar.update(step.step, { loss: step.loss.toFixed(3) });
  }
  bar.stop();
  dispose(optimizer);
}
