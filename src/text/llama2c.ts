import { ArgumentError, FormatError } from "../errors.ts";
import { ID_LIMIT } from "./bytePairVocabulary.ts";
import { IdBuffer } from "./idBuffer.ts";
import { Merger } from "./merger.ts";
import { PairTable } from "./pairTable.ts";
import type { StreamDecoder, Tokenizer } from "./tokenizer.ts";

/** Ids of Llama 2: unknown, begin and end of a text, then 256 bytes. */
const BEGIN = 1;
const END = 2;
const FIRST_BYTE = 3;

/** What decoding writes for "<0x0A>". */
const byteToken = /^<0x([0-9A-F]{2})>/;

/** A score below which run.c merges nothing. */
const LOWEST_SCORE = -1e10;

/**
 * The tokenizer of llama2.c, SentencePiece's byte pairs: a text begins with a blank that is not its own, its
 * characters merge by the scores of what they become, and a character that the vocabulary lacks is its bytes.
 * Encodes and decodes as `encode` and `decode` in its run.c do.
 */
export class Llama2cTokenizer implements Tokenizer {
  readonly specialTokens: ReadonlyMap<string, number> = new Map([
    ["<s>", BEGIN],
    ["</s>", END],
  ]);
  readonly #tokens: readonly Uint8Array[];
  readonly #ids: ReadonlyMap<string, number>;
  readonly #merger: Merger;

  constructor(tokens: readonly Uint8Array[], scores: ArrayLike<number>) {
    this.#tokens = tokens;
    const written = tokens.map(latin1);
    this.#ids = new Map(written.map((token, id) => [token, id]));
    this.#merger = new Merger(mergesOf(written, this.#ids, scores));
  }

  get vocabSize(): number {
    return this.#tokens.length;
  }

  /** Ids of a text alone: run.c puts <s> before a prompt. Names of special tokens are plain text. */
  encode(text: string): Int32Array<ArrayBuffer> {
    if (text === "") return new Int32Array(0);
    const encoder = new TextEncoder();
    const ids = new IdBuffer(text.length);
    for (const character of ` ${text}`) {
      const bytes = encoder.encode(character);
      const id = this.#ids.get(latin1(bytes));
      if (id !== undefined) ids.push(id);
      else for (const byte of bytes) ids.push(byte + FIRST_BYTE);
    }
    const merged = ids.toArray();
    return merged.slice(0, this.#merger.merge(merged, merged.length));
  }

  decode(ids: ArrayLike<number>): string {
    const stream = this.decodeStream();
    let text = "";
    for (let i = 0; i < ids.length; i++) text += stream.push(ids[i]!);
    return text + stream.flush();
  }

  /** After <s> the blank that encoding put there goes; a text without it keeps its blank, as in run.c. */
  decodeStream(): StreamDecoder {
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    let previous = -1;
    let position = 0;
    return {
      push: (id) => {
        const bytes = this.#piece(id, position++, previous);
        previous = id;
        return decoder.decode(bytes, { stream: true });
      },
      flush: () => {
        previous = -1;
        position = 0;
        return decoder.decode();
      },
    };
  }

  /** The bytes that a token adds to a text, maybe a part of a character; none for one that only steers. */
  tokenBytes(id: number): Uint8Array {
    return id < FIRST_BYTE ? new Uint8Array(0) : this.#piece(id, 0, -1);
  }

  #piece(id: number, position: number, previous: number): Uint8Array {
    const bytes = this.#tokens[id];
    if (bytes === undefined) {
      const wanted = `an id below ${this.vocabSize} at position ${position}`;
      throw new ArgumentError("Llama2cTokenizer.decode", wanted, id);
    }
    const piece = previous === BEGIN && bytes[0] === 0x20 ? bytes.subarray(1) : bytes;
    const [, byte] = byteToken.exec(latin1(piece)) ?? [];
    return byte === undefined ? piece : Uint8Array.of(Number.parseInt(byte, 16));
  }
}

/** A character for each byte. */
function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** Every way to make a token of two others; the higher its score, the earlier. */
function mergesOf(
  tokens: readonly string[],
  ids: ReadonlyMap<string, number>,
  scores: ArrayLike<number>,
): PairTable {
  const distinct = [...new Set(Array.from(scores))].sort((a, b) => b - a);
  const ranks = new Map(distinct.map((score, rank) => [score, rank]));
  const pairs = new PairTable(2 * tokens.length);
  for (const [token, id] of ids) {
    const score = scores[id]!;
    if (!(score > LOWEST_SCORE)) continue;
    for (let split = 1; split < token.length; split++) {
      const [left, right] = [ids.get(token.slice(0, split)), ids.get(token.slice(split))];
      if (left !== undefined && right !== undefined) pairs.add(left, right, ranks.get(score)!, id);
    }
  }
  return pairs;
}

/** Bytes before a token's own: its score in f32, its length in i32. */
const TOKEN_HEADER = 8;
/** Ten times the longest token of Llama 2, and forty times its file: every way to split a token is looked at. */
const LONGEST_TOKEN = 256;
const LARGEST_FILE = 16 * 2 ** 20;

/**
 * Reads llama2.c's `tokenizer.bin`: the longest token's length in i32, then for each token a score in f32, a length
 * in i32 and its bytes, all little-endian.
 *
 * @throws FormatError with the offset of what breaks the format
 */
export function readLlama2cTokenizer(bytes: Uint8Array, file = "tokenizer.bin"): Llama2cTokenizer {
  const fail = (at: number, rule: string) => new FormatError(file, `byte ${at}`, rule);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4) throw fail(0, "the length of the longest token");
  if (bytes.length > LARGEST_FILE) throw fail(LARGEST_FILE, `at most ${LARGEST_FILE} bytes`);
  const longest = Math.min(view.getInt32(0, true), LONGEST_TOKEN);
  const tokens: Uint8Array[] = [];
  const scores: number[] = [];
  let at = 4;
  while (at < bytes.length) {
    if (tokens.length === ID_LIMIT) throw fail(at, `at most ${ID_LIMIT} tokens`);
    if (bytes.length - at < TOKEN_HEADER) throw fail(at, "a token's score and length");
    const [score, length] = [view.getFloat32(at, true), view.getInt32(at + 4, true)];
    if (Number.isNaN(score)) throw fail(at, "a score that is a number");
    if (length < 0 || length > longest) throw fail(at + 4, `a length from 0 to ${longest}, not ${length}`);
    at += TOKEN_HEADER;
    if (length > bytes.length - at)
      throw fail(at, `the ${length} bytes of a token, not ${bytes.length - at}`);
    tokens.push(bytes.slice(at, at + length));
    scores.push(score);
    at += length;
  }
  if (tokens.length < FIRST_BYTE + 256)
    throw fail(at, `at least ${FIRST_BYTE + 256} tokens, not ${tokens.length}`);
  return new Llama2cTokenizer(tokens, scores);
}
