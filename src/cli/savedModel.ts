import { FormatError } from "../errors.ts";
import { Gpt } from "../models/gpt.ts";
import type { GptConfig } from "../models/gptConfig.ts";
import { loadTensors } from "../nn/parameters.ts";
import type { OptimizerValues } from "../optim/optimizer.ts";
import { latestCheckpoint, readCheckpoint as readFolder } from "../platform/checkpointFolder.ts";
import { Random } from "../random.ts";
import type { CharacterTokenizer } from "../text/character.ts";
import { readCheckpoint } from "../train/checkpoint.ts";
import { readTrainer, type TrainerState } from "./settings.ts";

/** A model on disk, ready to use. */
export interface SavedModel {
  readonly folder: string;
  readonly model: Gpt;
  readonly optimizer: OptimizerValues;
  readonly trainer: TrainerState;
}

/** Reads the newest complete checkpoint of a run folder, or the one step folder given. */
export function loadModel(folder: string): SavedModel {
  const stepFolder = latestCheckpoint(folder);
  const { config, model: weights, optimizer, trainer: notes } = readCheckpoint(readFolder(stepFolder));
  const trainer = readTrainer(notes, `${stepFolder}/trainer.json`);
  const model = new Gpt(config as GptConfig, { random: new Random(0) });
  if (trainer.tokenizer.vocabSize !== model.config.vocabSize) {
    throw new FormatError(stepFolder, "tokenizer", `${model.config.vocabSize} characters, as the model has`);
  }
  loadTensors(model, weights);
  return { folder: stepFolder, model, optimizer, trainer };
}

/** What to go on from where no prompt is given: a line's start, or any character where the text has no lines. */
export function defaultPrompt(tokenizer: CharacterTokenizer): string {
  const { characters } = tokenizer.toJSON();
  return characters.includes("\n") ? "\n" : tokenizer.decode([0]);
}
