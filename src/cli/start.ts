import { randomInt } from "node:crypto";
import { dirname, resolve } from "node:path";
import { ArgumentError } from "../errors.ts";
import { Gpt } from "../models/gpt.ts";
import { type GptConfig, presets } from "../models/gptConfig.ts";
import type { AdamW } from "../optim/adamw.ts";
import { findCheckpoint, openRunFolder } from "../platform/checkpointFolder.ts";
import { Random } from "../random.ts";
import { defaultRuntime } from "../runtime/default.ts";
import { CharacterTokenizer } from "../text/character.ts";
import { type Corpus, readCorpus } from "./corpus.ts";
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

const DEFAULT_STEPS = 700;
const DEFAULT_EVAL_EVERY = 100;

/** A training under way. */
export interface Run {
  readonly folder: string;
  readonly settings: RunSettings;
  readonly model: Gpt;
  readonly optimizer: AdamW;
  readonly tokenizer: CharacterTokenizer;
  readonly stopAt: number;
  best: { step: number; loss: number } | null;
  interrupted: boolean;
}

/** A run ready to train, and its text. */
export interface Start {
  readonly started: Run;
  readonly corpus: Corpus;
}

/** A new run in a folder that holds none. */
export function begin(given: TrainArguments): Start {
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

/** The run in a folder, from its newest checkpoint on; from step 0 where it has none. */
export function resume(given: TrainArguments, folder: string): Start {
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
