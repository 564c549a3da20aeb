import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { FormatError } from "../errors.ts";
import { bytesSource } from "../io/byteSource.ts";
import { unzipFiles } from "../io/zipFiles.ts";
import { Gpt } from "../models/gpt.ts";
import type { GptConfig } from "../models/gptConfig.ts";
import { loadTensors } from "../nn/parameters.ts";
import type { OptimizerValues } from "../optim/optimizer.ts";
import { latestCheckpoint, readCheckpoint as readFolder } from "../platform/checkpointFolder.ts";
import { Random } from "../random.ts";
import { BytePairTokenizer } from "../text/bytePair.ts";
import { type CheckpointFiles, readCheckpoint } from "../train/checkpoint.ts";
import { readTrainer, type TrainerState } from "./settings.ts";
import type { RunTokenizer } from "./tokenizer.ts";

/** A model on disk, ready to use. */
export interface SavedModel {
  /** Its folder, or its file. */
  readonly place: string;
  readonly model: Gpt;
  readonly optimizer: OptimizerValues;
  readonly trainer: TrainerState;
}

/** Reads a zip file of a checkpoint, as a page gives it to download, or else what `loadModel` reads. */
export async function openModel(path: string): Promise<SavedModel> {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return loadModel(path);
  const file = resolve(path);
  return modelOf(file, await unzipFiles(bytesSource(readFileSync(file), file)));
}

/** Reads the newest complete checkpoint of a run folder, or the one step folder given. */
export function loadModel(folder: string): SavedModel {
  const stepFolder = latestCheckpoint(folder);
  return modelOf(stepFolder, readFolder(stepFolder));
}

function modelOf(place: string, files: CheckpointFiles): SavedModel {
  const { config, model: weights, optimizer, trainer: notes } = readCheckpoint(files);
  const trainer = readTrainer(notes, `${place}/trainer.json`, files);
  const model = new Gpt(config as GptConfig, { random: new Random(0) });
  if (trainer.tokenizer.vocabSize !== model.config.vocabSize) {
    throw new FormatError(place, "tokenizer", `${model.config.vocabSize} tokens, as the model has`);
  }
  loadTensors(model, weights);
  return { place, model, optimizer, trainer };
}

/** What to go on from where no prompt is given: a line's start, or any character where the text has no lines. */
export function defaultPrompt(tokenizer: RunTokenizer): string {
  if (tokenizer instanceof BytePairTokenizer) return "\n";
  const { characters } = tokenizer.toJSON();
  return characters.includes("\n") ? "\n" : tokenizer.decode([0]);
}
