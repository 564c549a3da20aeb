import { ArgumentError, FormatError } from "../errors.ts";
import type { Gpt } from "../models/gpt.ts";
import { parameters } from "../nn/parameters.ts";
import { AdamW, decayMatricesOnly } from "../optim/adamw.ts";
import { type Schedule, scheduleFromJSON } from "../optim/schedules.ts";
import type { CheckpointFiles } from "../train/checkpoint.ts";
import { type RunTokenizer, readTokenizer, tokenizerNote } from "./tokenizer.ts";

/** What decides, besides the model's configuration, which weights a run ends with. */
export interface RunSettings {
  readonly seed: number;
  readonly schedule: Schedule;
  readonly batch: number;
  /** Share of the text that trains. */
  readonly split: number;
  readonly beta2: number;
  readonly weightDecay: number;
  readonly clipNorm: number;
  readonly evalEvery: number;
  readonly corpus: {
    /** Path of its file, or the name of the package it is from. */
    readonly name: string;
    readonly hash: string;
  };
}

/** The step with the lowest validation loss so far. */
export interface Best {
  readonly step: number;
  readonly validationLoss: number;
}

/** `trainer.json`: what a run must know to go on. */
export interface TrainerState {
  readonly settings: RunSettings;
  readonly best: Best | null;
  readonly kernelBuild: string;
  readonly tokenizer: RunTokenizer;
}

/** The schedule's horizon, in updates. */
export const horizonOf = ({ schedule }: RunSettings) => schedule.options.steps as number;

export function makeOptimizer(model: Gpt, { schedule, beta2, weightDecay }: RunSettings): AdamW {
  const learningRate = schedule.options.peak as number;
  return new AdamW(decayMatricesOnly(parameters(model), weightDecay), { learningRate, beta2 });
}

export function writeTrainer(step: number, { settings, tokenizer, ...others }: TrainerState): object {
  return { step, ...settings, ...others, tokenizer: tokenizerNote(tokenizer) };
}

/** Checks every field, since somebody may have edited the file; `files` are those beside it. */
export function readTrainer(trainer: object, file: string, files: CheckpointFiles): TrainerState {
  const fields = trainer as Readonly<Record<string, unknown>>;
  const fail = (field: string, rule: string): never => {
    throw new FormatError(file, field, rule);
  };
  const number = (field: string, rule: string, holds: (value: number) => boolean): number => {
    const value = fields[field];
    return typeof value === "number" && holds(value) ? value : fail(field, rule);
  };
  const whole = (field: string, least: number) =>
    number(
      field,
      `a whole number from ${least} on`,
      (value) => Number.isSafeInteger(value) && value >= least,
    );
  const share = (field: string) => number(field, "between 0 and 1", (value) => value > 0 && value < 1);
  const schedule = scheduleFromJSON(fields.schedule, file);
  if (schedule.name !== "cosine") fail("schedule", 'name must be "cosine"');
  const { name, hash } = (fields.corpus ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof name !== "string" || typeof hash !== "string") return fail("corpus", "a name and a hash");
  return {
    settings: {
      seed: whole("seed", 0),
      schedule,
      batch: whole("batch", 1),
      split: share("split"),
      beta2: share("beta2"),
      weightDecay: number("weightDecay", "0 or more", (value) => value >= 0),
      clipNorm: number("clipNorm", "above 0", (value) => value > 0),
      evalEvery: whole("evalEvery", 1),
      corpus: { name, hash },
    },
    best: (fields.best ?? null) as Best | null,
    kernelBuild: String(fields.kernelBuild),
    tokenizer: readTokenizer(fields.tokenizer, files, file),
  };
}

/** Refuses an option that contradicts the run that goes on. */
export function refuseContradiction(option: string, given: unknown, stored: unknown, why = ""): void {
  if (given === undefined || given === stored) return;
  throw new ArgumentError(`--${option}`, `${stored}, as the run began${why && ` (${why})`}`, given);
}
