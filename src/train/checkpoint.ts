import { FormatError } from "../errors.ts";
import type { NamedArray } from "../io/namedArrays.ts";
import { readSafetensors, writeSafetensors } from "../io/safetensors.ts";
import { namedTensors, type TensorValues } from "../nn/parameters.ts";
import type { OptimizerState, OptimizerValues } from "../optim/optimizer.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** The files of a checkpoint by name. Only a platform knows of folders. */
export type CheckpointFiles = Readonly<Record<string, Uint8Array>>;

/** What a model needs of a checkpoint to be used. */
export interface ModelCheckpoint {
  /** The model's configuration, as JSON holds it. */
  readonly config: object;
  readonly model: TensorValues;
  /** What the trainer noted: seed, schedule, tokenizer. */
  readonly trainer: object;
}

export interface Checkpoint extends ModelCheckpoint {
  readonly optimizer: OptimizerValues;
}

const FILES = {
  model: "model.safetensors",
  optimizer: "optimizer.safetensors",
  config: "config.json",
  trainer: "trainer.json",
} as const;

/** Everything that training needs to go on with the same bits: weights, optimizer, configuration, and what the trainer notes. */
export function writeCheckpoint(
  model: { readonly config: object },
  optimizer: { state(): OptimizerState },
  trainer: object,
): Record<string, Uint8Array> {
  const weights = namedTensors(model).map(({ name, tensor }) => [name, arrayOf(tensor)] as const);
  const { step, tensors } = optimizer.state();
  const state = Object.entries(tensors).map(([name, tensor]) => [name, arrayOf(tensor)] as const);
  return {
    [FILES.model]: writeSafetensors(Object.fromEntries(weights)),
    [FILES.optimizer]: writeSafetensors(Object.fromEntries(state), { step: String(step) }),
    [FILES.config]: writeJson(model.config),
    [FILES.trainer]: writeJson(trainer),
  };
}

/** @throws FormatError when a file lacks or breaks its format */
export function readCheckpoint(files: CheckpointFiles): Checkpoint {
  const { tensors, metadata } = readSafetensors(fileOf(files, FILES.optimizer), { file: FILES.optimizer });
  const step = Number(metadata.step);
  if (!Number.isSafeInteger(step) || step < 0) {
    throw new FormatError(
      FILES.optimizer,
      "metadata",
      `"step" is a whole number, not ${JSON.stringify(metadata.step)}`,
    );
  }
  return { ...readModel(files), optimizer: { step, tensors: numbersOf(tensors, FILES.optimizer) } };
}

/**
 * For using a model without training it further: the optimizer's file, which is twice as long as the model's, is not asked for.
 *
 * @throws FormatError when a file lacks or breaks its format
 */
export function readModel(files: CheckpointFiles): ModelCheckpoint {
  const { tensors } = readSafetensors(fileOf(files, FILES.model), { file: FILES.model });
  return {
    config: readJson(fileOf(files, FILES.config), FILES.config),
    model: numbersOf(tensors, FILES.model),
    trainer: readJson(fileOf(files, FILES.trainer), FILES.trainer),
  };
}

function fileOf(files: CheckpointFiles, name: string): Uint8Array {
  if (!Object.hasOwn(files, name)) throw new FormatError(name, "checkpoint", "the file is missing");
  return files[name]!;
}

function arrayOf(tensor: Tensor): NamedArray {
  return { dtype: tensor.dtype, shape: tensor.shape, data: tensor.toTypedArray() } as NamedArray;
}

function numbersOf(tensors: Readonly<Record<string, NamedArray>>, file: string): TensorValues {
  const entries = Object.entries(tensors).map(([name, array]) => {
    if (array.dtype !== "f32" && array.dtype !== "f64" && array.dtype !== "i32") {
      throw new FormatError(file, name, `a checkpoint holds F32, F64 or I32, not ${array.dtype}`);
    }
    return [name, array as { shape: readonly number[]; data: ArrayLike<number> }] as const;
  });
  return Object.fromEntries(entries);
}

function writeJson(value: object): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
}

function readJson(bytes: Uint8Array, file: string): object {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new FormatError(file, "text", `JSON in UTF-8 (${(error as Error).message})`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new FormatError(file, "top level", "an object");
  }
  return value;
}
