/** GGUF, the files of llama.cpp; ggufHeader.ts draws them, ggufBlocks.ts their quantised weights. */
import { FormatError } from "../errors.ts";
import { type ByteSource, readRange } from "./byteSource.ts";
import { type BlockType, blockFormats, unpackBlocks } from "./ggufBlocks.ts";
import {
  type GgufHeader,
  type GgufTensor,
  type GgufValue,
  HeaderIsLonger,
  readGgufHeader,
} from "./ggufHeader.ts";
import { quoted } from "./jsonReader.ts";
import type { LazyArray, LazyArrays } from "./lazyArray.ts";
import { type ElementType, type NamedArray, namedArray } from "./namedArrays.ts";

/** What is read first; a vocabulary of 32,000 words needs a little less. */
const FIRST_READ = 2 ** 20;
/** No vocabulary needs more. */
const MAX_HEADER_BYTES = 100_000_000;

export interface OpenGguf {
  readonly arrays: LazyArrays;
  readonly metadata: ReadonlyMap<string, GgufValue>;
}

/** Reads the header, and each tensor when it is asked for, quantised ones as f32. @throws FormatError */
export async function openGguf(source: ByteSource): Promise<OpenGguf> {
  const { metadata, tensors } = await readHeader(source);
  const arrays = new Map<string, LazyArray>();
  for (const tensor of tensors) {
    const { name, stored, shape } = tensor;
    arrays.set(name, { stored, shape, read: () => readTensor(source, tensor) });
  }
  return { arrays, metadata };
}

/** Reads twice as much each time that the header turns out to be longer. */
async function readHeader(source: ByteSource): Promise<GgufHeader> {
  const { name: file, size } = source;
  for (let length = Math.min(size, FIRST_READ); ; length = Math.min(size, 2 * length)) {
    try {
      return readGgufHeader(await readRange(source, 0, length, "header"), size, file);
    } catch (error) {
      if (!(error instanceof HeaderIsLonger)) throw error;
      if (length > MAX_HEADER_BYTES) {
        throw new FormatError(file, "header", `it takes more than ${MAX_HEADER_BYTES} bytes`);
      }
    }
  }
}

async function readTensor(source: ByteSource, tensor: GgufTensor): Promise<NamedArray> {
  const { name, stored, shape, start } = tensor;
  const bytes = await readRange(source, start, tensor.bytes, `tensor ${quoted(name)}`);
  if (!Object.hasOwn(blockFormats, stored)) return namedArray(stored as ElementType, shape, bytes);
  return { dtype: "f32", shape, data: unpackBlocks(stored as BlockType, bytes) };
}
