import { readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { ArgumentError, FormatError } from "../errors.ts";
import { type ByteSource, bytesSource, readRange } from "../io/byteSource.ts";
import type { FolderSource } from "../io/folder.ts";
import { openZip } from "../io/zip.ts";
import { unzipFiles } from "../io/zipFiles.ts";
import { Gpt } from "../models/gpt.ts";
import type { GptConfig } from "../models/gptConfig.ts";
import { loadTensors } from "../nn/parameters.ts";
import type { OptimizerValues } from "../optim/optimizer.ts";
import {
  findCheckpoint,
  latestCheckpoint,
  readCheckpoint as readFolder,
} from "../platform/checkpointFolder.ts";
import { fileSource, folderSource } from "../platform/nodeFiles.ts";
import { loadPretrained } from "../pretrained/loadPretrained.ts";
import { Random } from "../random.ts";
import { BytePairTokenizer } from "../text/bytePair.ts";
import { CharacterTokenizer } from "../text/character.ts";
import { readLlama2cTokenizer } from "../text/llama2c.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { type CheckpointFiles, readCheckpoint, readModel } from "../train/checkpoint.ts";
import { convertedTokenizer, isConverted } from "./converted.ts";
import { readTrainer, type TrainerState } from "./settings.ts";

const TOKENIZER_BIN = "tokenizer.bin";

/** What a run saved beside its model. */
export interface SavedRun {
  readonly optimizer: OptimizerValues;
  readonly trainer: TrainerState;
}

/** A checkpoint of a run. */
export interface SavedModel extends SavedRun {
  /** Its folder, or its file. */
  readonly place: string;
  readonly model: Gpt;
}

/** A model ready to use, wherever it is from. */
export interface ReadyModel {
  readonly place: string;
  readonly model: Gpt;
  readonly tokenizer: Tokenizer | null;
}

/** What a path leads to: the files of a checkpoint, or what another program wrote. */
export type FoundModel =
  | { readonly place: string; readonly files: CheckpointFiles }
  | { readonly place: string; readonly source: FolderSource | ByteSource };

/** A run, a checkpoint, zipped or not, or another program's folder or file. @throws ArgumentError where there is none */
export async function findModel(path: string): Promise<FoundModel> {
  const place = resolve(path);
  if (statSync(path, { throwIfNoEntry: false })?.isFile()) {
    const source = await fileSource(place);
    if (!(await isZippedCheckpoint(source))) return { place, source };
    return { place, files: await unzipFiles(bytesSource(readFileSync(place), place)) };
  }
  const stepFolder = findCheckpoint(path);
  if (stepFolder === null) {
    const source = await folderSource(place);
    if ((await source.list()).some((name) => name.startsWith("model.safetensors"))) return { place, source };
  }
  const folder = stepFolder ?? latestCheckpoint(path);
  return { place: folder, files: readFolder(folder) };
}

async function isZippedCheckpoint(source: ByteSource): Promise<boolean> {
  const magic = await readRange(source, 0, Math.min(2, source.size), "file");
  if (String.fromCharCode(...magic) !== "PK") return false;
  return (await openZip(source)).some(({ name }) => name === "trainer.json");
}

/** Reads a model to use it; `config` is what another program's file does not say. */
export async function openModel(path: string, config: Partial<GptConfig> = {}): Promise<ReadyModel> {
  const found = await findModel(path);
  const { place } = found;
  if ("files" in found) {
    const { files } = found;
    const { trainer, ...saved } = readModel(files);
    if (!isConverted(trainer)) {
      const { model, trainer: run } = runOf(place, files);
      return { place, model, tokenizer: run.tokenizer };
    }
    const model = new Gpt(saved.config as GptConfig, { random: new Random(0), initial: "zeros" });
    loadTensors(model, saved.model);
    return { place, model, tokenizer: await convertedTokenizer(files, trainer, place) };
  }
  const { model, tokenizer } = await loadPretrained(found.source, { config });
  const beside = tokenizer || !statSync(place).isFile() ? null : tokenizerFile(place);
  return { place, model, tokenizer: beside ? readLlama2cTokenizer(beside.bytes) : tokenizer };
}

/** As openModel, for those who need to read and write text. @throws ArgumentError where there is no tokenizer */
export async function openTextModel(path: string): Promise<ReadyModel & { readonly tokenizer: Tokenizer }> {
  const { tokenizer, ...ready } = await openModel(path);
  if (tokenizer) return { ...ready, tokenizer };
  const wanted = "a tokenizer beside the model: tokenizer.json, vocab.json and merges.txt, or tokenizer.bin";
  throw new ArgumentError(ready.place, wanted, "none");
}

/** The file of a tokenizer that is carried along as it is: a folder's, or what llama2.c keeps beside a model. */
export function tokenizerFile(place: string): { readonly name: string; readonly bytes: Uint8Array } | null {
  const inFolder = statSync(place).isDirectory();
  const folder = inFolder ? place : dirname(place);
  for (const name of inFolder ? ["tokenizer.json", TOKENIZER_BIN] : [TOKENIZER_BIN]) {
    const path = join(folder, name);
    if (statSync(path, { throwIfNoEntry: false })?.isFile()) return { name, bytes: readFileSync(path) };
  }
  return null;
}

/** Reads the newest complete checkpoint of a run folder, or the one step folder given, to go on with the run. */
export function loadModel(folder: string): SavedModel {
  const stepFolder = latestCheckpoint(folder);
  return runOf(stepFolder, readFolder(stepFolder));
}

/** @throws ArgumentError where the model was converted and not trained here */
export function runOf(place: string, files: CheckpointFiles): SavedModel {
  const { config, model: weights, optimizer, trainer: notes } = readCheckpoint(files);
  if (isConverted(notes)) throw new ArgumentError(place, "a model that was trained here", "a converted one");
  const trainer = readTrainer(notes, `${place}/trainer.json`, files);
  const model = new Gpt(config as GptConfig, { random: new Random(0), initial: "zeros" });
  if (trainer.tokenizer.vocabSize !== model.config.vocabSize) {
    throw new FormatError(place, "tokenizer", `${model.config.vocabSize} tokens, as the model has`);
  }
  loadTensors(model, weights);
  return { place, model, optimizer, trainer };
}

/** What to go on from where no prompt is given: a line's start, or any character where the text has no lines; else the start token. */
export function defaultPrompt(tokenizer: Tokenizer): string {
  if (tokenizer instanceof BytePairTokenizer) return "\n";
  if (!(tokenizer instanceof CharacterTokenizer)) return "";
  const { characters } = tokenizer.toJSON();
  return characters.includes("\n") ? "\n" : tokenizer.decode([0]);
}
