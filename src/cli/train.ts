import { basename } from "node:path";
import { ArgumentError } from "../errors.ts";
import { countParameters } from "../nn/parameters.ts";
import { cosine } from "../optim/schedules.ts";
import { appendMetrics, saveCheckpoint } from "../platform/checkpointFolder.ts";
import { Random } from "../random.ts";
import { defaultRuntime } from "../runtime/default.ts";
import { TokenBatches } from "../train/batches.ts";
import { writeCheckpoint } from "../train/checkpoint.ts";
import { estimateLoss } from "../train/evaluate.ts";
import { generate } from "../train/generate.ts";
import { train } from "../train/train.ts";
import type { Corpus } from "./corpus.ts";
import { lossCurve, type Metrics, makeReport, type Report } from "./report.ts";
import { begin, type Run, resume, type TrainArguments } from "./start.ts";

/** Batches over which the validation loss is estimated while training. */
const VALIDATION_BATCHES = 20;
/** Checkpoints kept besides the best. */
const KEPT_CHECKPOINTS = 3;
const SAMPLE_TOKENS = 300;

interface Data {
  readonly training: TokenBatches;
  readonly validation: TokenBatches;
}

/** `lanegrad train`; resolves to the exit code. */
export async function trainCommand(given: TrainArguments): Promise<number> {
  const run = given.resume === undefined ? begin(given) : resume(given, given.resume);
  const { settings, model } = run.started;
  const data = splitText(run.started, run.corpus);
  const first = run.started.optimizer.step;
  const report = makeReport(first, run.started.stopAt, data.training.tokensPerBatch);
  const { width, layers, heads, contextLength } = model.config;
  report.line(
    `${countParameters(model).toLocaleString("en")} parameters (${layers} layers, ${heads} heads, width ${width}, context ` +
      `${contextLength}), ${run.corpus.name}: ${run.corpus.text.length.toLocaleString("en")} characters, ` +
      `${defaultRuntime().build} kernels, seed ${settings.seed}`,
  );
  const onInterrupt = () => {
    run.started.interrupted = true;
    process.once("SIGINT", () => process.exit(130));
  };
  process.once("SIGINT", onInterrupt);
  try {
    return await finish(run.started, data, report, given.json === true);
  } finally {
    process.removeListener("SIGINT", onInterrupt);
    report.stop();
  }
}

function splitText({ model, settings, tokenizer }: Run, { text }: Corpus): Data {
  const tokens = tokenizer.encode(text);
  const border = Math.floor(tokens.length * settings.split);
  const { contextLength } = model.config;
  const random = new Random(settings.seed);
  const batchesOf = (part: Int32Array, name: string): TokenBatches => {
    if (part.length <= contextLength) {
      throw new ArgumentError(
        "--data",
        `a ${name} part of more than ${contextLength} characters (--context)`,
        part.length,
      );
    }
    return new TokenBatches(part, { batch: settings.batch, contextLength, random: random.fork(name) });
  };
  return {
    training: batchesOf(tokens.subarray(0, border), "training"),
    validation: batchesOf(tokens.subarray(border), "validation"),
  };
}

/** Trains to the end, to --stop-at or to Ctrl-C, saving at each evaluation. */
async function finish(run: Run, data: Data, report: Report, json: boolean): Promise<number> {
  const { settings, model, optimizer, stopAt } = run;
  const schedule = cosine({
    peak: settings.peakLearningRate,
    minimum: settings.minimumLearningRate,
    steps: settings.steps,
    warmup: settings.warmup,
  });
  const losses: [number, number][] = [];
  let fresh: number[] = [];
  let last: Metrics | null = null;
  let folder = "";
  for await (const step of train(model, data.training, {
    optimizer,
    steps: stopAt,
    schedule,
    clipNorm: settings.clipNorm,
  })) {
    losses.push([step.step, step.loss]);
    fresh.push(step.loss);
    report.step(step.step, step.loss, step.tokensPerSecond);
    if (step.step % settings.evalEvery === 0 || step.step === stopAt) {
      last = await evaluateStep(run, data, step, fresh);
      fresh = [];
      folder = save(run);
      appendMetrics(run.folder, { ...last });
      report.evaluated(last);
    }
    if (run.interrupted) return interrupt(run, report);
  }
  report.stop();
  if (folder === "") folder = save(run);
  const sample = await sampleText(run);
  const curve = lossCurve(losses);
  console.log(
    `${curve ? `\n${curve}` : ""}\n--- a sample ---\n${sample}\n----------------\n\ncheckpoint: ${folder}`,
  );
  if (stopAt < settings.steps) console.log(`go on with: lanegrad train --resume ${run.folder}`);
  if (json) console.log(JSON.stringify({ ...last, step: optimizer.step, checkpoint: folder, sample }));
  return 0;
}

async function evaluateStep(
  run: Run,
  data: Data,
  { step, learningRate, tokensPerSecond }: { step: number; learningRate: number; tokensPerSecond: number },
  fresh: readonly number[],
): Promise<Metrics> {
  const validationLoss = await estimateLoss(run.model, data.validation, VALIDATION_BATCHES);
  const trainLoss = fresh.reduce((sum, loss) => sum + loss, 0) / fresh.length;
  if (run.best === null || validationLoss < run.best.loss) run.best = { step, loss: validationLoss };
  return { step, trainLoss, validationLoss, learningRate, tokensPerSecond };
}

function save({ folder, settings, model, optimizer, tokenizer, best }: Run): string {
  const files = writeCheckpoint(model, optimizer, {
    step: optimizer.step,
    seed: settings.seed,
    settings,
    best,
    kernelBuild: defaultRuntime().build,
    tokenizer: tokenizer.toJSON(),
  });
  const kept = { keep: KEPT_CHECKPOINTS, ...(best ? { best: best.step } : {}) };
  return saveCheckpoint(folder, optimizer.step, files, kept);
}

function interrupt(run: Run, report: Report): number {
  report.stop();
  const folder = save(run);
  console.error(`\nstopped; ${basename(folder)} is saved. Go on with: lanegrad train --resume ${run.folder}`);
  return 130;
}

async function sampleText({ model, tokenizer, settings }: Run): Promise<string> {
  const prompt = tokenizer.encode(tokenizer.decode([0]));
  const random = new Random(settings.seed).fork("sample");
  const ids: number[] = [];
  for await (const token of generate(model, prompt, { tokens: SAMPLE_TOKENS, random })) ids.push(token);
  return tokenizer.decode(ids);
}
