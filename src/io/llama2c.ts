/**
 * The first format of llama2.c (https://github.com/karpathy/llama2.c, export.py, version 0), in which its
 * TinyStories models are published. Little-endian, nothing but numbers:
 *
 *   7 × i32   width, hidden width, layers, heads, key heads, ±vocabulary, context length
 *   f32       token embedding [V, C]
 *             for all layers: attention norm [C], query [C, C], key [G·D, C], value [G·D, C], output [C, C]
 *             for all layers: norm [C], gate [F, C], down [C, F], up [F, C]
 *             last norm [C], two tables of rotations that can be computed, [T, D/2] each
 *             head [V, C], where the vocabulary's size is negative; else the head is the embedding
 *
 * Nothing marks such a file, so all sizes must agree with the file's length to the byte.
 */
import { FormatError } from "../errors.ts";
import { type ByteSource, readRange, viewOf } from "./byteSource.ts";
import type { LazyArray, LazyArrays } from "./lazyArray.ts";
import { elementCount, namedArray } from "./namedArrays.ts";

const HEADER_BYTES = 28;
const F32_BYTES = 4;
const MAX_LAYERS = 4096;

/** First number of the later versions of the format: "ak42". */
const LATER_VERSION = 0x616b3432;

export interface Llama2cConfig {
  /** C */
  readonly width: number;
  /** Width inside the feed-forward layers: F. */
  readonly hidden: number;
  readonly layers: number;
  /** H */
  readonly heads: number;
  /** G, which divides H. */
  readonly keyHeads: number;
  /** V */
  readonly vocabSize: number;
  /** T */
  readonly contextLength: number;
  /** Whether the head is the token embedding. */
  readonly tiedHead: boolean;
}

/** The tensors have the names of llama2.c's own PyTorch model, `layers.0.attention.wq.weight`. */
export interface OpenLlama2c {
  readonly config: Llama2cConfig;
  readonly arrays: LazyArrays;
}

/** @throws FormatError where the file's numbers and its length do not agree */
export async function openLlama2c(source: ByteSource): Promise<OpenLlama2c> {
  const header = viewOf(await readRange(source, 0, HEADER_BYTES, "header"));
  const config = readConfig(header, source.name);
  const arrays = new Map<string, LazyArray>();
  let at = HEADER_BYTES;
  for (const [name, shape] of tensorsOf(config)) {
    const offset = at;
    const bytes = (elementCount(shape) ?? Infinity) * F32_BYTES;
    at += bytes;
    if (at > source.size) break;
    if (name === null) continue;
    const read = async () => namedArray("f32", shape, await readRange(source, offset, bytes, name));
    arrays.set(name, { stored: "f32", shape, read });
  }
  if (at !== source.size) {
    const wanted = at < source.size ? `${at}` : "more";
    throw new FormatError(source.name, "file", `it has ${source.size} bytes, its header asks for ${wanted}`);
  }
  return { config, arrays };
}

function readConfig(header: DataView, file: string): Llama2cConfig {
  const fail = (place: string, rule: string): never => {
    throw new FormatError(file, place, rule);
  };
  if (header.getUint32(0, true) === LATER_VERSION) {
    fail("header", "a later version of the format; export the model with --version 0");
  }
  const at = (i: number) => header.getInt32(4 * i, true);
  const signedVocabulary = at(5);
  const config: Llama2cConfig = {
    width: at(0),
    hidden: at(1),
    layers: at(2),
    heads: at(3),
    keyHeads: at(4),
    vocabSize: Math.abs(signedVocabulary),
    contextLength: at(6),
    tiedHead: signedVocabulary > 0,
  };
  for (const [name, value] of Object.entries(config)) {
    if (typeof value === "number" && value < 1) fail(name, `${value} is no size`);
  }
  const { layers, width, heads, keyHeads } = config;
  if (layers > MAX_LAYERS) fail("layers", `${layers} is more than ${MAX_LAYERS}`);
  if (width % (2 * heads) !== 0) fail("heads", `a width of ${width} has no ${heads} heads of even width`);
  if (heads % keyHeads !== 0) fail("keyHeads", `${keyHeads} does not divide ${heads} heads`);
  return config;
}

/** What follows the header, in order; without a name what nobody needs. */
function* tensorsOf(config: Llama2cConfig): Generator<readonly [string | null, readonly number[]]> {
  const { width, hidden, layers, heads, keyHeads, vocabSize, contextLength, tiedHead } = config;
  const keyWidth = (width / heads) * keyHeads;
  const everyLayer = function* (name: string, shape: readonly number[]) {
    for (let layer = 0; layer < layers; layer++) yield [`layers.${layer}.${name}.weight`, shape] as const;
  };
  yield ["tok_embeddings.weight", [vocabSize, width]];
  yield* everyLayer("attention_norm", [width]);
  yield* everyLayer("attention.wq", [width, width]);
  yield* everyLayer("attention.wk", [keyWidth, width]);
  yield* everyLayer("attention.wv", [keyWidth, width]);
  yield* everyLayer("attention.wo", [width, width]);
  yield* everyLayer("ffn_norm", [width]);
  yield* everyLayer("feed_forward.w1", [hidden, width]);
  yield* everyLayer("feed_forward.w2", [width, hidden]);
  yield* everyLayer("feed_forward.w3", [hidden, width]);
  yield ["norm.weight", [width]];
  yield [null, [contextLength, width / heads]];
  if (!tiedHead) yield ["output.weight", [vocabSize, width]];
}
