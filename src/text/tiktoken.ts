import { FormatError } from "../errors.ts";
import { writeBytes } from "./byteLevel.ts";
import { BytePairTokenizer } from "./bytePair.ts";
import { ID_LIMIT, idsOfBytes } from "./bytePairVocabulary.ts";
import { Merger } from "./merger.ts";
import { PairTable } from "./pairTable.ts";
import { byteLevelPreTokenizer } from "./preTokenizer.ts";
import { decodeUtf8 } from "./utf8.ts";

export interface TiktokenOptions {
  /** Ids of the special tokens, which the file lacks, by name. Default none. */
  readonly specialTokens?: Readonly<Record<string, number>> | ReadonlyMap<string, number>;
  /** A regular expression whose matches are the words. Default GPT-2's, which is r50k_base's. */
  readonly pattern?: string;
  /** Name of the file, for errors. */
  readonly file?: string;
}

/** Four times the largest file of OpenAI's, and twice their longest token, in characters of base64. */
const LARGEST_FILE = 16 * 2 ** 20;
const LONGEST_TOKEN = 344;

/**
 * Reads a rank file of tiktoken: on each line the bytes of a token in base64, a blank and its rank, which is its
 * id.
 *
 * @throws FormatError with the line that breaks the format
 */
export function readTiktoken(bytes: Uint8Array, options: TiktokenOptions = {}): BytePairTokenizer {
  const { specialTokens = {}, pattern, file = "tiktoken" } = options;
  const tokens = readRanks(bytes, file);
  const written = tokens.map((token) => (token === undefined ? undefined : writeBytes(token)));
  const vocabulary = new Map<string, number>();
  for (const [id, token] of written.entries()) if (token !== undefined) vocabulary.set(token, id);
  const merges = mergesOf(tokens, written, vocabulary);
  const special = specialTokens instanceof Map ? [...specialTokens] : Object.entries(specialTokens);
  const addedTokens = special.map(([content, id]) => ({ content, id }));
  const preTokenizer = byteLevelPreTokenizer(pattern);
  return new BytePairTokenizer({ vocabulary, merges, addedTokens, preTokenizer, ignoreMerges: true }, file);
}

/** Bytes of tokens by id. */
function readRanks(bytes: Uint8Array, file: string): (Uint8Array | undefined)[] {
  const tokens: (Uint8Array | undefined)[] = [];
  if (bytes.length > LARGEST_FILE) throw new FormatError(file, "size", `at most ${LARGEST_FILE} bytes`);
  const lines = decodeUtf8(bytes, file).split("\n");
  const seen = new Set<string>();
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const fail = (rule: string): never => {
      throw new FormatError(file, `line ${index + 1}`, rule);
    };
    const [, token, rank] =
      /^([A-Za-z0-9+/]+={0,2}) (\d{1,7})\r?$/.exec(line) ?? fail("a token in base64, a blank, its rank");
    const id = Number(rank);
    if (id >= ID_LIMIT) fail(`a rank below ${ID_LIMIT}, not ${id}`);
    if (tokens[id] !== undefined) fail(`the rank ${id} stands there twice`);
    if (seen.has(token!)) fail(`the token ${token} stands there twice`);
    if (token!.length > LONGEST_TOKEN) fail(`a token of at most ${LONGEST_TOKEN} characters`);
    seen.add(token!);
    tokens[id] = fromBase64(token!) ?? fail("a token in base64");
  }
  if (tokens.length === 0) throw new FormatError(file, "line 1", "a token and its rank");
  return tokens;
}

function fromBase64(text: string): Uint8Array | null {
  try {
    const units = atob(text);
    const bytes = new Uint8Array(units.length);
    for (let i = 0; i < units.length; i++) bytes[i] = units.charCodeAt(i);
    return bytes;
  } catch {
    return null;
  }
}

/**
 * The pairs that tokens merge from, by rising rank. Where training made the file, all earlier merges leave two tokens
 * of each. Of any other token every two that make it are a pair.
 */
function mergesOf(
  tokens: readonly (Uint8Array | undefined)[],
  written: readonly (string | undefined)[],
  vocabulary: ReadonlyMap<string, number>,
): [left: string, right: string][] {
  const pairs = new PairTable(tokens.length);
  const merger = new Merger(pairs);
  const idOfByte = idsOfBytes(vocabulary);
  const merges: [string, string][] = [];
  const add = (left: number | undefined, right: number | undefined, id: number) => {
    if (left === undefined || right === undefined) return;
    if (pairs.add(left, right, id, id)) merges.push([written[left]!, written[right]!]);
  };
  for (const [id, token] of tokens.entries()) {
    if (token === undefined || token.length < 2) continue;
    const ids = new Int32Array(token.length);
    for (let i = 0; i < ids.length; i++) ids[i] = idOfByte[token[i]!]!;
    const count = ids.includes(-1) ? 0 : merger.merge(ids, ids.length);
    if (count === 2) add(ids[0], ids[1], id);
    else {
      const text = written[id]!;
      for (let at = 1; at < text.length; at++) {
        add(vocabulary.get(text.slice(0, at)), vocabulary.get(text.slice(at)), id);
      }
    }
  }
  return merges;
}
