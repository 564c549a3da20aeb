import { randomInt } from "node:crypto";
import { basename, dirname, resolve } from "node:path";
import { ArgumentError } from "../errors.ts";
import { Gpt } from "../models/gpt.ts";
import { type GptConfig, presets } from "../models/gptConfig.ts";
import { countParameters } from "../nn/parameters.ts";
import type { AdamW } from "../optim/adamw.ts";
import { cosine } from "../optim/schedules.ts";
import {
  appendMetrics,
  findCheckpoint,
  openRunFolder,
  saveCheckpoint,
} from "../platform/checkpointFolder.ts";
import { Random } from "../random.ts";
import { defaultRuntime } from "../runtime/default.ts";
import { CharacterTokenizer } from "../text/character.ts";
import { TokenBatches } from "../train/batches.ts";
import { writeCheckpoint } from "../train/checkpoint.ts";
import { estimateLoss } from "../train/evaluate.ts";
import { generate } from "../train/generate.ts";
import { train } from "../train/train.ts";
import { type Corpus, readCorpus } from "./corpus.ts";
import { lossCurve, type Metrics, makeReport, type Report } from "./report.ts";
import { loadModel, makeOptimizer, type RunSettings, refuseContradiction, settingsOf } from "./run.ts";

/** As they come from the command line: what was not given is undefined. */
export interface TrainArguments {
  readonly data?: string;
  readonly out?: string;
  readonly resume?: string;
  readonly layers?: number;
  readonly heads?: number;
  readonly width?: number;
  readonly context?: number;
  readonly batch?: number;
  readonly steps?: number;
  readonly stopAt?: number;
  readonly evalEvery?: number;
  readonly seed?: number;
  readonly split?: number;
  readonly json?: boolean;
}

/** Batches over which the validation loss is estimated while training. */
const VALIDATION_BATCHES = 20;
/** Checkpoints kept besides the best. */
const KEPT_CHECKPOINTS = 3;
const SAMPLE_TOKENS = 300;
const DEFAULT_STEPS = 700;
const DEFAULT_EVAL_EVERY = 100;

interface Run {
  readonly folder: string;
  readonly settings: RunSettings;
  readonly model: Gpt;
  readonly optimizer: AdamW;
  readonly tokenizer: CharacterTokenizer;
  readonly stopAt: number;
  best: { step: number; loss: number } | null;
  interrupted: boolean;
}

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

interface Start {
  readonly started: Run;
  readonly corpus: Corpus;
}

function begin(given: TrainArguments): Start {
  const folder = given.out ?? `runs/${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}`;
  openRunFolder(folder);
  if (findCheckpoint(folder) !== null) {
    throw new ArgumentError("--out", `a folder without a run, or --resume ${folder}`, folder);
  }
  return beginIn(folder, given);
}

function beginIn(folder: string, given: TrainArguments): Start {
  const corpus = readCorpus(given.data);
  const tokenizer = CharacterTokenizer.train(corpus.text);
  const { layers, heads, width, contextLength } = presets.nano;
  const config: GptConfig = {
    ...presets.nano,
    vocabSize: tokenizer.vocabSize,
    layers: given.layers ?? layers,
    heads: given.heads ?? heads,
    width: given.width ?? width,
    contextLength: given.context ?? contextLength,
  };
  const steps = given.steps ?? DEFAULT_STEPS;
  const settings: RunSettings = {
    seed: given.seed ?? randomInt(2 ** 31),
    steps,
    batch: given.batch ?? 12,
    split: given.split ?? 0.9,
    peakLearningRate: 1e-3,
    minimumLearningRate: 1e-4,
    warmup: Math.min(100, Math.floor(steps / 7)),
    beta2: 0.99,
    weightDecay: 0.1,
    clipNorm: 1,
    evalEvery: given.evalEvery ?? DEFAULT_EVAL_EVERY,
    corpus: { name: corpus.name, hash: corpus.hash },
  };
  const model = new Gpt(config, { random: new Random(settings.seed).fork("model") });
  const optimizer = makeOptimizer(model, settings);
  const stopAt = stopOf(given, settings, 0);
  return {
    started: { folder, settings, model, optimizer, tokenizer, stopAt, best: null, interrupted: false },
    corpus,
  };
}

function resume(given: TrainArguments, folder: string): Start {
  const stepFolder = findCheckpoint(folder);
  if (stepFolder === null) {
    refuseContradiction("out", given.out === undefined ? undefined : resolve(given.out), resolve(folder));
    console.error(`${folder} holds no complete checkpoint: starting at step 0`);
    return beginIn(folder, given);
  }
  const runFolder = dirname(stepFolder);
  refuseContradiction("out", given.out === undefined ? undefined : resolve(given.out), runFolder);
  const loaded = loadModel(stepFolder);
  const { model, tokenizer, trainer, checkpoint } = loaded;
  const settings = settingsOf(trainer, stepFolder);
  const corpus = readCorpus(
    given.data ?? (settings.corpus.name === "kjv" ? undefined : settings.corpus.name),
  );
  if (corpus.hash !== settings.corpus.hash) {
    throw new ArgumentError(
      "--data",
      `the text that the run began with (${settings.corpus.name})`,
      `another text in ${corpus.name}`,
    );
  }
  const horizon = "the learning rate follows from the number of steps";
  refuseContradiction("steps", given.steps, settings.steps, horizon);
  refuseContradiction("layers", given.layers, model.config.layers);
  refuseContradiction("heads", given.heads, model.config.heads);
  refuseContradiction("width", given.width, model.config.width);
  refuseContradiction("context", given.context, model.config.contextLength);
  refuseContradiction("batch", given.batch, settings.batch);
  refuseContradiction("eval-every", given.evalEvery, settings.evalEvery);
  refuseContradiction("seed", given.seed, settings.seed);
  refuseContradiction("split", given.split, settings.split);
  const { build } = defaultRuntime();
  if (trainer.kernelBuild !== build) {
    console.error(
      `warning: the run began with ${trainer.kernelBuild} kernels, here they are ${build}: the last bits will differ`,
    );
  }
  const optimizer = makeOptimizer(model, settings);
  optimizer.load(checkpoint.optimizer);
  const best = (trainer.best ?? null) as Run["best"];
  const stopAt = stopOf(given, settings, optimizer.step);
  return {
    started: { folder: runFolder, settings, model, optimizer, tokenizer, stopAt, best, interrupted: false },
    corpus,
  };
}

function stopOf({ stopAt }: TrainArguments, { steps }: RunSettings, done: number): number {
  if (stopAt === undefined) return steps;
  if (stopAt > steps || stopAt < done)
    throw new ArgumentError("--stop-at", `a step from ${done} to ${steps}`, stopAt);
  return stopAt;
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
