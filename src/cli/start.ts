import { randomInt } from "node:crypto";
import { existsSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { ArgumentError } from "../errors.ts";
import { Gpt } from "../models/gpt.ts";
import { completeGptConfig, presets } from "../models/gptConfig.ts";
import { estimateMemory } from "../models/gptEstimate.ts";
import type { AdamW } from "../optim/adamw.ts";
import { cosine } from "../optim/schedules.ts";
import { findCheckpoint, latestCheckpoint, openRunFolder } from "../platform/checkpointFolder.ts";
import { Random } from "../random.ts";
import { defaultRuntime } from "../runtime/default.ts";
import { type Corpus, readCorpus, readCorpusAgain, type SplitCorpus, splitCorpus } from "./corpus.ts";
import { goBackTo, type Metrics } from "./metrics.ts";
import { loadModel } from "./savedModel.ts";
import { type Best, horizonOf, makeOptimizer, type RunSettings, refuseContradiction } from "./settings.ts";
import {
  encodeCorpus,
  kindOf,
  type RunTokenizer,
  type TokenizerArguments,
  trainTokenizer,
} from "./tokenizer.ts";

/** As they come from the command line: what was not given is undefined. */
export interface TrainArguments extends TokenizerArguments {
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

/** A training ready to go on. */
export interface Run {
  readonly folder: string;
  readonly settings: RunSettings;
  readonly model: Gpt;
  readonly optimizer: AdamW;
  readonly tokenizer: RunTokenizer;
  readonly corpus: Corpus;
  readonly batches: SplitCorpus;
  /** The checkpoint that it goes on from; null for a new run. */
  readonly from: string | null;
  /** Updates after which it stops. */
  readonly stopAt: number;
  /** The evaluations so far. */
  readonly evaluations: Metrics[];
  best: Best | null;
}

/** A new run, in a folder that holds none. */
export function begin(given: TrainArguments): Run {
  const folder = given.out ?? `runs/${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}`;
  if (existsSync(folder) && findCheckpoint(folder) !== null) {
    throw new ArgumentError("--out", `a folder without a run, or --resume ${folder}`, folder);
  }
  return beginIn(folder, given);
}

/** The run in a folder, from its newest checkpoint or from the given one on; from step 0 where it has none. */
export function resume(given: TrainArguments, folder: string): Run {
  const looksLikeStep = /^step-\d+/.test(basename(resolve(folder)));
  const stepFolder = looksLikeStep ? latestCheckpoint(folder) : findCheckpoint(folder);
  const runFolder = stepFolder === null ? resolve(folder) : dirname(stepFolder);
  refuseContradiction("out", given.out === undefined ? undefined : resolve(given.out), runFolder);
  if (stepFolder !== null) return goOnFrom(stepFolder, given);
  console.error(`${folder} holds no complete checkpoint: starting at step 0`);
  return beginIn(folder, given);
}

/** nanoGPT's settings for a CPU, where the command line does not say otherwise. */
function settingsFor(given: TrainArguments, { name, hash }: Corpus): RunSettings {
  const steps = given.steps ?? 700;
  const warmup = Math.min(100, Math.floor(steps / 7));
  return {
    seed: given.seed ?? randomInt(2 ** 31),
    schedule: cosine({ peak: 1e-3, minimum: 1e-4, steps, warmup }),
    batch: given.batch ?? 12,
    split: given.split ?? 0.9,
    beta2: 0.99,
    weightDecay: 0.1,
    clipNorm: 1,
    evalEvery: given.evalEvery ?? 100,
    corpus: { name, hash },
  };
}

/** Whatever can be refused is refused before the folder is made. */
function beginIn(folder: string, given: TrainArguments): Run {
  const corpus = readCorpus(given.data);
  const tokenizer = trainTokenizer(corpus.text, given);
  const config = completeGptConfig({
    ...presets.nano,
    vocabSize: tokenizer.vocabSize,
    layers: given.layers ?? presets.nano.layers,
    heads: given.heads ?? presets.nano.heads,
    width: given.width ?? presets.nano.width,
    contextLength: given.context ?? presets.nano.contextLength,
  });
  const settings = settingsFor(given, corpus);
  const stopAt = stopOf(given, settings, 0);
  const batches = splitCorpus(encodeCorpus(tokenizer, corpus.text), config.contextLength, settings);
  const { peak } = estimateMemory(config, { mode: "training", batch: settings.batch });
  defaultRuntime().ensureRoom(peak, `training a model of this size with --batch ${settings.batch}`);
  openRunFolder(folder);
  const model = new Gpt(config, { random: new Random(settings.seed).fork("model") });
  const optimizer = makeOptimizer(model, settings);
  const state = { settings, model, optimizer, tokenizer, corpus, batches, stopAt };
  return { ...state, folder, from: null, evaluations: goBackTo(0, folder), best: null };
}

function goOnFrom(stepFolder: string, given: TrainArguments): Run {
  const { model, optimizer: saved, trainer } = loadModel(stepFolder);
  const { settings, best, tokenizer } = trainer;
  refuseContradictions(given, settings, model);
  refuseContradiction("tokenizer", given.tokenizer, kindOf(tokenizer));
  refuseContradiction("vocab-size", given.vocabSize, tokenizer.vocabSize);
  const stopAt = stopOf(given, settings, saved.step);
  const corpus = readCorpusAgain(settings, given.data);
  const batches = splitCorpus(encodeCorpus(tokenizer, corpus.text), model.config.contextLength, settings);
  const folder = dirname(stepFolder);
  openRunFolder(folder);
  const optimizer = makeOptimizer(model, settings);
  optimizer.load(saved);
  const { build } = defaultRuntime();
  if (trainer.kernelBuild !== build) {
    console.error(
      `warning: the run began with ${trainer.kernelBuild} kernels and goes on with ${build} ones: the last bits will differ`,
    );
  }
  const state = { settings, model, optimizer, tokenizer, corpus, batches, stopAt };
  return { ...state, folder, from: stepFolder, evaluations: goBackTo(saved.step, folder), best };
}

function refuseContradictions(given: TrainArguments, settings: RunSettings, { config }: Gpt): void {
  const horizon = "the learning rate follows from the number of steps";
  refuseContradiction("steps", given.steps, horizonOf(settings), horizon);
  refuseContradiction("layers", given.layers, config.layers);
  refuseContradiction("heads", given.heads, config.heads);
  refuseContradiction("width", given.width, config.width);
  refuseContradiction("context", given.context, config.contextLength);
  refuseContradiction("batch", given.batch, settings.batch);
  refuseContradiction("eval-every", given.evalEvery, settings.evalEvery);
  refuseContradiction("seed", given.seed, settings.seed);
  refuseContradiction("split", given.split, settings.split);
}

function stopOf({ stopAt }: TrainArguments, settings: RunSettings, done: number): number {
  const steps = horizonOf(settings);
  if (stopAt === undefined) return steps;
  if (stopAt >= done && stopAt <= steps) return stopAt;
  throw new ArgumentError("--stop-at", `a step from ${done} to ${steps}`, stopAt);
}
