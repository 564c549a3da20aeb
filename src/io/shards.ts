/**
 * A model in several safetensors files with an index, as Hugging Face lays it out:
 *
 *   model-00001-of-00002.safetensors
 *   model-00002-of-00002.safetensors
 *   model.safetensors.index.json      {"metadata": {"total_size": 448}, "weight_map": {"name": "model-0000…"}}
 *
 * Or in one file, model.safetensors, without an index.
 */
import { FormatError } from "../errors.ts";
import { type ByteSource, readRange } from "./byteSource.ts";
import type { FolderSource } from "./folder.ts";
import { JsonReader, quoted } from "./jsonReader.ts";
import type { LazyArray } from "./lazyArray.ts";
import { elementBytes, elementCount, type NamedArray } from "./namedArrays.ts";
import { type OpenSafetensors, openSafetensors, safetensorsPieces } from "./safetensors.ts";
import type { ArrayDescription } from "./safetensorsHeader.ts";

const MAX_INDEX_BYTES = 100_000_000;
const MAX_SHARDS = 10_000;

/** Hugging Face's own limit for a file. */
const SHARD_BYTES = 5e9;

const singleName = (stem: string) => `${stem}.safetensors`;
const indexName = (stem: string) => `${stem}.safetensors.index.json`;

/**
 * Opens `stem`.safetensors, or the files that `stem`.safetensors.index.json names; null where the folder has
 * neither. Every header is read, and what they hold must be what the index says.
 */
export async function openSafetensorsFolder(
  folder: FolderSource,
  stem = "model",
): Promise<OpenSafetensors | null> {
  const single = await folder.open(singleName(stem));
  if (single !== null) return openSafetensors(single);
  const index = await folder.open(indexName(stem));
  return index === null ? null : openShards(folder, index);
}

async function openShards(folder: FolderSource, index: ByteSource): Promise<OpenSafetensors> {
  const fail = (place: string, rule: string): never => {
    throw new FormatError(index.name, place, rule);
  };
  const weightMap = await readIndex(index);
  const files = [...new Set(weightMap.values())].sort();
  if (files.length > MAX_SHARDS) fail("weight_map", `${files.length} files, more than ${MAX_SHARDS}`);
  const arrays = new Map<string, LazyArray>();
  const metadata = Object.create(null) as Record<string, string>;
  for (const file of files) {
    const source = (await folder.open(file)) ?? fail("weight_map", `there is no file ${quoted(file)}`);
    const shard = await openSafetensors(source);
    Object.assign(metadata, shard.metadata);
    for (const [name, array] of shard.arrays) {
      if (weightMap.get(name) !== file)
        fail(`tensor ${quoted(name)}`, `${file} has it, which is not written here`);
      arrays.set(name, array);
    }
  }
  for (const [name, file] of weightMap) {
    if (!arrays.has(name)) fail(`tensor ${quoted(name)}`, `${file} does not have it`);
  }
  return { arrays, metadata };
}

/** The file of each tensor. */
async function readIndex(index: ByteSource): Promise<ReadonlyMap<string, string>> {
  const { name, size } = index;
  if (size > MAX_INDEX_BYTES)
    throw new FormatError(name, "file", `${size} bytes, more than ${MAX_INDEX_BYTES}`);
  const reader = new JsonReader(name, await readRange(index, 0, size, "file"), 0, size);
  const weightMap = new Map<string, string>();
  reader.object((key) => {
    if (key !== "weight_map") reader.value();
    else reader.object((tensor) => weightMap.set(tensor, fileName(reader.string(), tensor, name)));
  });
  reader.finish();
  if (weightMap.size === 0) throw new FormatError(name, "weight_map", "it must be there and name tensors");
  return weightMap;
}

/** A name without folders: an index from elsewhere must not reach out of its own. */
function fileName(file: string, tensor: string, index: string): string {
  if (/^[^/\\:]+\.safetensors$/.test(file) && !file.includes("\0")) return file;
  throw new FormatError(
    index,
    `tensor ${quoted(tensor)}`,
    `${quoted(file)} is no name of a safetensors file`,
  );
}

export interface ShardOptions {
  readonly metadata?: Readonly<Record<string, string>>;
  /** Bytes of tensors in one file at most, unless a single tensor has more. Default 5e9. */
  readonly shardBytes?: number;
  /** Default "model". */
  readonly stem?: string;
}

/** A file to write: its bytes are made piece by piece while somebody takes them. */
export interface FileToWrite {
  readonly name: string;
  readonly pieces: Iterable<Uint8Array>;
}

/**
 * The files of a model: one, or several with their index where it is larger than `shardBytes`. Tensors go
 * into files in the order of `tensors`; `arrayOf` is asked for each when it is written.
 */
export function* safetensorsFiles(
  tensors: Readonly<Record<string, ArrayDescription>>,
  arrayOf: (name: string) => NamedArray,
  { metadata = {}, shardBytes = SHARD_BYTES, stem = "model" }: ShardOptions = {},
): Generator<FileToWrite> {
  const shards = splitShards(tensors, shardBytes);
  const weightMap: [string, string][] = [];
  for (const [i, shard] of shards.entries()) {
    const place = (n: number) => String(n).padStart(5, "0");
    const name =
      shards.length === 1
        ? singleName(stem)
        : `${stem}-${place(i + 1)}-of-${place(shards.length)}.safetensors`;
    yield { name, pieces: safetensorsPieces(shard, metadata, arrayOf) };
    weightMap.push(...Object.keys(shard).map((tensor): [string, string] => [tensor, name]));
  }
  if (shards.length === 1) return;
  const total = Object.values(tensors).reduce((sum, tensor) => sum + bytesOf(tensor), 0);
  const index = { metadata: { total_size: total }, weight_map: Object.fromEntries(weightMap) };
  yield { name: indexName(stem), pieces: [new TextEncoder().encode(`${JSON.stringify(index, null, 2)}\n`)] };
}

const bytesOf = ({ dtype, shape }: ArrayDescription) => elementCount(shape)! * elementBytes(dtype);

function splitShards(
  tensors: Readonly<Record<string, ArrayDescription>>,
  shardBytes: number,
): readonly Readonly<Record<string, ArrayDescription>>[] {
  const emptyShard = () => Object.create(null) as Record<string, ArrayDescription>;
  const shards = [emptyShard()];
  let filled = 0;
  for (const [name, tensor] of Object.entries(tensors)) {
    const bytes = bytesOf(tensor);
    if (filled > 0 && filled + bytes > shardBytes) {
      shards.push(emptyShard());
      filled = 0;
    }
    shards.at(-1)![name] = tensor;
    filled += bytes;
  }
  return shards;
}
