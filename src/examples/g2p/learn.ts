/** The training: for a time or a number of steps, with a bar that tells how it goes. */
import cliProgress from "cli-progress";
import {
  AdamW,
  PairBatches,
  parameters,
  type Random,
  type Seq2Seq,
  type SequencePair,
  schedules,
  seq2seqLoss,
  train,
} from "lanegrad";
import { symbols } from "./dictionary.ts";

/** How often the model is examined on the way. */
const EXAMINATIONS = 12;
/** The rates are a table over the whole training, so that they can follow the time instead of the steps. */
const RATES = 10_000;
const WARMUP = RATES / 25;

export interface Learning {
  /** Pairs in a batch. */
  readonly batch: number;
  /** For so long, unless `steps` are given. */
  readonly minutes: number;
  readonly steps: number | undefined;
  /** Key of the batches and of dropout. */
  readonly random: Random;
  /** What the bar shows of how well the model does. */
  readonly examine: () => string;
}

/** Gives the number of steps. */
export async function learn(
  model: Seq2Seq,
  pairs: readonly SequencePair[],
  { batch, minutes, steps, random, examine }: Learning,
): Promise<number> {
  const rates = schedules.cosine({ peak: 2e-3, minimum: 2e-5, steps: RATES, warmup: WARMUP });
  const optimizer = new AdamW(parameters(model), { learningRate: rates.at(0), beta2: 0.98 });
  const batches = new PairBatches(pairs, { ...symbols, batch, random: random.fork("batches") });
  const bar = new cliProgress.SingleBar({
    format: "{bar} {percentage} %  step {step}  loss {loss}  {examined}",
    noTTYOutput: true,
    notTTYSchedule: 30_000,
  });
  const shown = { step: 0, loss: "-", examined: "" };
  let examinations = 0;
  bar.start(100, 0, shown);
  const began = performance.now();
  const options = { steps: steps ?? Number.MAX_SAFE_INTEGER, clipNorm: 1, random: random.fork("dropout") };
  for await (const { step, loss } of train(seq2seqLoss(model), batches, { ...options, optimizer })) {
    const passed = (performance.now() - began) / 60_000;
    const progress = Math.min(1, steps === undefined ? passed / minutes : step / steps);
    Object.assign(shown, { step, loss: loss.toFixed(3) });
    if (progress * EXAMINATIONS >= examinations + 1) {
      shown.examined = examine();
      examinations = Math.floor(progress * EXAMINATIONS);
    }
    bar.update(Math.floor(100 * progress), shown);
    optimizer.learningRate = rates.at(Math.floor(progress * RATES));
    if (progress === 1) break;
  }
  bar.stop();
  return optimizer.step;
}
