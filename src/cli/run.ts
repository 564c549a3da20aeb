import { ArgumentError, FormatError } from "../errors.ts";
import { Gpt } from "../models/gpt.ts";
import type { GptConfig } from "../models/gptConfig.ts";
import { loadTensors, parameters } from "../nn/parameters.ts";
import { AdamW, decayMatricesOnly } from "../optim/adamw.ts";
import { latestCheckpoint, readCheckpoint as readFolder } from "../platform/checkpointFolder.ts";
import { Random } from "../random.ts";
import { CharacterTokenizer } from "../text/character.ts";
import { type Checkpoint, readCheckpoint } from "../train/checkpoint.ts";

/** Everything that a run is: what `trainer.json` notes. What is not here cannot change the weights. */
export interface RunSettings {
  readonly seed: number;
  /** The schedule's horizon: updates until the learning rate has reached its minimum. */
  readonly steps: number;
  readonly batch: number;
  readonly split: number;
  readonly peakLearningRate: number;
  readonly minimumLearningRate: number;
  readonly warmup: number;
  readonly beta2: number;
  readonly weightDecay: number;
  readonly clipNorm: number;
  readonly evalEvery: number;
  readonly corpus: { readonly name: string; readonly hash: string };
}

/** A model on disk, ready to use. */
export interface LoadedModel {
  readonly folder: string;
  readonly model: Gpt;
  readonly tokenizer: CharacterTokenizer;
  readonly checkpoint: Checkpoint;
  readonly trainer: Record<string, unknown>;
}

/** Reads the newest complete checkpoint of a run folder, or the one step folder given. */
export function loadModel(folder: string): LoadedModel {
  const stepFolder = latestCheckpoint(folder);
  const checkpoint = readCheckpoint(readFolder(stepFolder));
  const trainer = checkpoint.trainer as Record<string, unknown>;
  const tokenizer = CharacterTokenizer.fromJSON(trainer.tokenizer, `${stepFolder}/trainer.json`);
  const model = new Gpt(checkpoint.config as GptConfig, { random: new Random(0) });
  if (tokenizer.vocabSize !== model.config.vocabSize) {
    throw new FormatError(stepFolder, "tokenizer", `${model.config.vocabSize} symbols, as the model has`);
  }
  loadTensors(model, checkpoint.model);
  return { folder: stepFolder, model, tokenizer, checkpoint, trainer };
}

export function makeOptimizer(model: Gpt, { peakLearningRate, beta2, weightDecay }: RunSettings): AdamW {
  return new AdamW(decayMatricesOnly(parameters(model), weightDecay), {
    learningRate: peakLearningRate,
    beta2,
  });
}

/** Reads the settings back from `trainer.json`, refusing what is not a run of this program. */
export function settingsOf(trainer: Record<string, unknown>, folder: string): RunSettings {
  const settings = trainer.settings as RunSettings | undefined;
  if (
    typeof settings?.seed !== "number" ||
    typeof settings.steps !== "number" ||
    typeof settings.corpus?.hash !== "string"
  ) {
    throw new FormatError(`${folder}/trainer.json`, "settings", "the settings of a run by `lanegrad train`");
  }
  return settings;
}

/** Refuses an option that contradicts the run that goes on. */
export function refuseContradiction(
  option: string,
  given: unknown,
  stored: unknown,
  why = "the run goes on with its own",
): void {
  if (given !== undefined && given !== stored) {
    throw new ArgumentError(`--${option}`, `${stored}, as the run began (${why})`, given);
  }
}
