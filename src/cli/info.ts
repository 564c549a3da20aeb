import { FormatError } from "../errors.ts";
import type { ByteSource } from "../io/byteSource.ts";
import type { FolderSource } from "../io/folder.ts";
import { countParameters, namedTensors } from "../nn/parameters.ts";
import { openModel as openForeign } from "../pretrained/open.ts";
import { sizeOf } from "../shape.ts";
import { readModel } from "../train/checkpoint.ts";
import { isConverted } from "./converted.ts";
import { findModel, openModel, runOf, type SavedModel } from "./savedModel.ts";
import { horizonOf } from "./settings.ts";

interface InfoArguments {
  readonly model: string;
  readonly json?: boolean;
}

/** Lines to print, and the object of --json. */
interface Report {
  readonly facts: Readonly<Record<string, unknown>>;
  readonly object: object;
}

/** `lanegrad info`: what a checkpoint, or another program's file, holds. */
export async function infoCommand({ model: path, json }: InfoArguments): Promise<number> {
  const { facts, object } = await report(path);
  const width = Math.max(...Object.keys(facts).map((name) => name.length));
  for (const [name, value] of Object.entries(facts)) console.log(`${name.padEnd(width)}  ${value}`);
  if (json) console.log(JSON.stringify(object));
  return 0;
}

async function report(path: string): Promise<Report> {
  const found = await findModel(path);
  if ("source" in found) return reportForeign(found.place, found.source);
  if (!isConverted(readModel(found.files).trainer)) return reportRun(runOf(found.place, found.files));
  const { model, place: checkpoint } = await openModel(path);
  const parameters = countParameters(model);
  const { config } = model;
  return {
    facts: { checkpoint, step: "converted", parameters: parameters.toLocaleString("en"), ...config },
    object: { checkpoint, step: 0, parameters, config, tensors: tensorsOf(model) },
  };
}

function reportRun({ model, optimizer, trainer, place: checkpoint }: SavedModel): Report {
  const { settings, best, kernelBuild } = trainer;
  const { step } = optimizer;
  const { config } = model;
  const parameters = countParameters(model);
  return {
    facts: {
      checkpoint,
      step: `${step} of ${horizonOf(settings)}`,
      best: best === null ? "-" : `validation loss ${best.validationLoss.toFixed(4)} at step ${best.step}`,
      parameters: parameters.toLocaleString("en"),
      ...config,
      corpus: settings.corpus.name,
      seed: settings.seed,
      kernels: kernelBuild,
    },
    object: { checkpoint, step, parameters, config, settings, best, kernelBuild, tensors: tensorsOf(model) },
  };
}

const tensorsOf = (model: object) =>
  namedTensors(model).map(({ name, tensor }) => ({ name, shape: tensor.shape }));

/** Of headers alone, so that a model may be larger than memory. */
async function reportForeign(file: string, source: FolderSource | ByteSource): Promise<Report> {
  const { kind, config, arrays } = await openForeign(source);
  const tensors = [...arrays].map(([name, { shape, stored }]) => ({ name, shape, stored }));
  const parameters = tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  if (!Number.isSafeInteger(parameters)) throw new FormatError(file, "tensors", "fewer than 2^53 numbers");
  const stored = [...new Set(tensors.map((tensor) => tensor.stored))].join(", ");
  return {
    facts: { file, kind, parameters: parameters.toLocaleString("en"), stored, ...config },
    object: { file, kind, parameters, config, tensors },
  };
}
