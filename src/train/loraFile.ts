import { ArgumentError, FormatError } from "../errors.ts";
import type { NamedArray } from "../io/namedArrays.ts";
import { readSafetensors, writeSafetensors } from "../io/safetensors.ts";
import { adaptedLayers, linearLayers, loraTensors, removeLora, trainAdaptersOnly } from "../nn/lora.ts";
import { LowRankAdapter } from "../nn/lowRankAdapter.ts";
import { loadTensors, type TensorValues } from "../nn/parameters.ts";
import { Random } from "../random.ts";

const FILE = "adapter.safetensors";

/**
 * The adapters of a model, and nothing else, as a safetensors file: `<layer>.adapter.down` and `.up`; each
 * layer's α and dropout stand in the metadata.
 */
export function writeLora(model: object): Uint8Array {
  const tensors = loraTensors(model).map(({ name, tensor }) => {
    const array = { dtype: tensor.dtype, shape: tensor.shape, data: tensor.toTypedArray() };
    return [name, array as NamedArray] as const;
  });
  const settings = [...adaptedLayers(model)].flatMap(([path, { adapter }]) => [
    [`${path}.alpha`, String(adapter.alpha)],
    [`${path}.dropout`, String(adapter.dropout)],
  ]);
  return writeSafetensors(Object.fromEntries(tensors), Object.fromEntries(settings));
}

/**
 * Gives a base model the adapters of a file, in the place of those that it has, and freezes everything else.
 * Adapters that are merged are to be unmerged first.
 *
 * @throws FormatError where the file has what no layer of the model fits; the model is as before then
 */
export function readLora(model: object, bytes: Uint8Array): void {
  const { tensors, metadata } = readSafetensors(bytes, { file: FILE });
  const layers = linearLayers(model);
  const paths = new Set(Object.keys(tensors).map((name) => name.replace(/\.adapter\.(down|up)$/, "")));
  const found = [...paths].map((path) => {
    const layer = layers.get(path);
    if (!layer) throw new FormatError(FILE, path, "a linear layer of the model");
    const [down, up] = [tensors[`${path}.adapter.down`], tensors[`${path}.adapter.up`]];
    const { inputs, outputs } = layer;
    const rank = down?.shape[0] ?? 0;
    if (rank < 1 || `${down?.shape}` !== `${[rank, inputs]}` || `${up?.shape}` !== `${[outputs, rank]}`) {
      throw new FormatError(FILE, path, `down of [r, ${inputs}] and up of [${outputs}, r]`);
    }
    const [alpha, dropout] = [setting(metadata, path, "alpha"), setting(metadata, path, "dropout")];
    if (!(dropout >= 0 && dropout < 1))
      throw new FormatError(FILE, `${path}.dropout`, "a share from 0 to below 1");
    return { layer, rank, alpha, dropout, values: { down, up } as unknown as TensorValues };
  });
  if ([...adaptedLayers(model).values()].some(({ adapter }) => adapter.merged)) {
    throw new ArgumentError(
      "readLora",
      "adapters that are not merged: call unmergeLora first",
      "merged ones",
    );
  }
  removeLora(model);
  for (const { layer, values, ...options } of found) {
    const { runtime } = layer.weight;
    const adapter = new LowRankAdapter(layer.inputs, layer.outputs, {
      ...options,
      random: new Random(0),
      initial: "zeros",
      runtime,
    });
    loadTensors(adapter, values);
    layer.adapter = adapter;
  }
  trainAdaptersOnly(model);
}

function setting(metadata: Readonly<Record<string, string>>, path: string, name: string): number {
  const text = Object.hasOwn(metadata, `${path}.${name}`) ? metadata[`${path}.${name}`]! : "";
  const value = text === "" ? Number.NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw new FormatError(FILE, `${path}.${name}`, `a number in the metadata, not ${JSON.stringify(text)}`);
}
