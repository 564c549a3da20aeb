/** safetensors; safetensorsHeader.ts draws the file. */
import { FormatError } from "../errors.ts";
import { type ByteSource, readRange } from "./byteSource.ts";
import { joinBytes } from "./folder.ts";
import { quoted } from "./jsonReader.ts";
import type { LazyArray, LazyArrays } from "./lazyArray.ts";
import { checkNamedArray, type NamedArray, namedArray } from "./namedArrays.ts";
import {
  type ArrayDescription,
  type Entry,
  headerEnd,
  LENGTH_BYTES,
  layOut,
  readHeader,
} from "./safetensorsHeader.ts";

/** Both records have no prototype, so `__proto__` is a name like any other. */
export interface Safetensors {
  readonly tensors: Record<string, NamedArray>;
  readonly metadata: Record<string, string>;
}

/**
 * Reads a file that may lie: every length and offset is checked before it is used, and whatever is wrong is a
 * FormatError that names the file, the place and the rule. The arrays are views of `bytes` where they are
 * aligned in memory, so `bytes` must not change afterwards.
 */
export function readSafetensors(bytes: Uint8Array, options: { readonly file?: string } = {}): Safetensors {
  const file = options.file ?? "safetensors";
  const header = readHeader(bytes, headerEnd(bytes, bytes.length, file), bytes.length, file);
  const tensors = Object.create(null) as Record<string, NamedArray>;
  for (const entry of header.entries) {
    const data = bytes.subarray(header.end + entry.start, header.end + entry.end);
    tensors[entry.name] = arrayOf(entry, data, file);
  }
  return { tensors, metadata: header.metadata };
}

/** A safetensors file whose header has been read and checked. */
export interface OpenSafetensors {
  readonly arrays: LazyArrays;
  /** Without prototype. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** As readSafetensors, but reads the header alone, and each tensor when it is asked for. */
export async function openSafetensors(source: ByteSource): Promise<OpenSafetensors> {
  const { name: file, size } = source;
  const first = await readRange(source, 0, Math.min(LENGTH_BYTES, size), "header");
  const end = headerEnd(first, size, file);
  const { entries, metadata } = readHeader(await readRange(source, 0, end, "header"), end, size, file);
  const arrays = new Map<string, LazyArray>();
  for (const entry of entries) {
    const { name, type, shape, start, end: last } = entry;
    const read = async () => {
      const data = await readRange(source, end + start, last - start, `tensor ${quoted(name)}`);
      return arrayOf(entry, data, file);
    };
    arrays.set(name, { stored: type, shape, read });
  }
  return { arrays, metadata };
}

function arrayOf({ name, type, shape }: Entry, data: Uint8Array, file: string): NamedArray {
  if (type === "bool" && data.some((byte) => byte > 1)) {
    throw new FormatError(file, `tensor ${quoted(name)}`, "a bool is neither 0 nor 1");
  }
  return namedArray(type, shape, data);
}

/** The bytes of a file. Equal contents give equal bytes. */
export function writeSafetensors(
  tensors: Readonly<Record<string, NamedArray>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  for (const [name, array] of Object.entries(tensors)) checkNamedArray("writeSafetensors", name, array);
  return joinBytes([...safetensorsPieces(tensors, metadata, (name) => tensors[name]!)]);
}

/** The bytes of a file piece by piece; `arrayOf` is asked for each tensor when its turn has come, and once. */
export function* safetensorsPieces(
  tensors: Readonly<Record<string, ArrayDescription>>,
  metadata: Readonly<Record<string, string>>,
  arrayOf: (name: string) => NamedArray,
): Generator<Uint8Array> {
  const { header, order } = layOut(tensors, metadata);
  yield header;
  for (const name of order) {
    const { buffer, byteOffset, byteLength } = arrayOf(name).data;
    yield new Uint8Array(buffer, byteOffset, byteLength);
  }
}
