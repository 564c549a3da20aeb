/**
 * The tokenizer in a GGUF file's metadata, of two kinds:
 *
 *   tokenizer.ggml.model   "llama"  SentencePiece's byte pairs: tokens with ▁ for a blank, and scores by which they merge
 *                          "gpt2"   byte-level byte pairs: tokens in GPT-2's alphabet of bytes, merges "a b"; `pre` says how words are cut
 *   tokenizer.ggml.token_type       what each token is, see below
 */
import { FormatError } from "../errors.ts";
import type { GgufValue } from "../io/ggufHeader.ts";
import { BytePairTokenizer } from "../text/bytePair.ts";
import { byteLevelPreTokenizer, type PreTokenizer } from "../text/preTokenizer.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { sentencePiece } from "./sentencePiece.ts";

type Metadata = ReadonlyMap<string, GgufValue>;

const UNKNOWN = 2;
const CONTROL = 3;
const USER_DEFINED = 4;

/** How words are cut, by the name that llama.cpp gave to each way. */
const cuts: ReadonlyMap<GgufValue, () => PreTokenizer> = /* @__PURE__ */ new Map([
  ["gpt-2", () => byteLevelPreTokenizer()],
  [
    "smollm",
    (): PreTokenizer => ({
      type: "Sequence",
      pretokenizers: [{ type: "Digits", individual_digits: true }, byteLevelPreTokenizer()],
    }),
  ],
]);

/** Null where the file has none, or one of a kind that is not known. @throws FormatError where it breaks its rules */
export function readGgufTokenizer(metadata: Metadata, file: string): Tokenizer | null {
  const model = metadata.get("tokenizer.ggml.model");
  if (model === "llama") return readSentencePiece(metadata, file);
  const cut = cuts.get(metadata.get("tokenizer.ggml.pre") ?? "");
  return model === "gpt2" && cut ? readBytePair(metadata, cut(), file) : null;
}

function readSentencePiece(metadata: Metadata, file: string): Tokenizer | null {
  const tokens = stringsOf(metadata, "tokenizer.ggml.tokens", file);
  const types = typesOf(metadata, tokens.length, file);
  const scores = metadata.get("tokenizer.ggml.scores");
  if (!(scores instanceof Float32Array) || scores.length !== tokens.length || scores.some(Number.isNaN)) {
    return fail(file, "tokenizer.ggml.scores", `${tokens.length} numbers in f32`);
  }
  const steers = (id: number) => types[id] === UNKNOWN || types[id] === CONTROL;
  return sentencePiece(tokens, scores, steers, file);
}

function readBytePair(metadata: Metadata, preTokenizer: PreTokenizer, file: string): Tokenizer {
  const tokens = stringsOf(metadata, "tokenizer.ggml.tokens", file);
  const types = typesOf(metadata, tokens.length, file);
  const merges = stringsOf(metadata, "tokenizer.ggml.merges", file).map((merge) => {
    const pair = merge.split(" ");
    if (pair.length !== 2) return fail(file, "tokenizer.ggml.merges", "two tokens with a blank between them");
    return pair as [string, string];
  });
  const added = new Set(
    [...tokens.keys()].filter((id) => types[id] === CONTROL || types[id] === USER_DEFINED),
  );
  const vocabulary = new Map<string, number>();
  for (const [id, token] of tokens.entries()) {
    if (vocabulary.has(token)) fail(file, "tokenizer.ggml.tokens", "each token once");
    if (!added.has(id)) vocabulary.set(token, id);
  }
  const addedTokens = [...added].map((id) => ({
    id,
    content: tokens[id]!,
    special: types[id] === CONTROL,
  }));
  return new BytePairTokenizer({ vocabulary, merges, addedTokens, preTokenizer }, file);
}

function stringsOf(metadata: Metadata, key: string, file: string): readonly string[] {
  const list = metadata.get(key);
  if (Array.isArray(list) && list.every((value) => typeof value === "string")) return list;
  return fail(file, key, "a list of strings");
}

function typesOf(metadata: Metadata, count: number, file: string): Int32Array {
  const types = metadata.get("tokenizer.ggml.token_type");
  if (types === undefined) return new Int32Array(count);
  if (types instanceof Int32Array && types.length === count) return types;
  return fail(file, "tokenizer.ggml.token_type", `${count} numbers in i32`);
}

function fail(file: string, key: string, wanted: string): never {
  throw new FormatError(file, `metadata ${key}`, wanted);
}
