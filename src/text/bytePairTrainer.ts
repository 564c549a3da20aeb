import { ArgumentError } from "../errors.ts";
import type { AddedToken } from "./addedTokens.ts";
import { type BytePairParts, byteVocabulary, idsOfBytes } from "./bytePairVocabulary.ts";
import { learnMerges, type WordCounts } from "./mergeTrainer.ts";
import { byteLevelPreTokenizer, makeCutter, type PreTokenizer } from "./preTokenizer.ts";

export interface BytePairTraining {
  /** Tokens in all: 256 bytes, merges and special tokens. */
  readonly vocabSize: number;
  /** Their ids come last. Default ["<|endoftext|>"], GPT-2's only one. */
  readonly specialTokens?: readonly string[];
  /** A pair that is rarer does not merge. Default 2. */
  readonly minFrequency?: number;
  /** A regular expression whose matches are the words. Default GPT-2's. */
  readonly pattern?: string;
}

const BYTES = 256;

/** The parts of a tokenizer learnt from texts. Same texts, same parts. */
export function trainBytePairs(texts: string | Iterable<string>, training: BytePairTraining): BytePairParts {
  const { vocabSize, specialTokens = ["<|endoftext|>"], minFrequency = 2, pattern } = training;
  check(vocabSize, specialTokens, minFrequency);
  const preTokenizer = byteLevelPreTokenizer(pattern);
  const words = countWords(texts, preTokenizer);
  const merges = vocabSize - BYTES - specialTokens.length;
  const pairs = learnMerges(bytesOf(words), { firstId: BYTES, merges, minFrequency });
  const vocabulary = byteVocabulary();
  const tokens = [...vocabulary.keys()];
  const merged: [string, string][] = [];
  for (let i = 0; i < pairs.length; i += 2) {
    const [left, right] = [tokens[pairs[i]!]!, tokens[pairs[i + 1]!]!];
    merged.push([left, right]);
    vocabulary.set(left + right, tokens.length);
    tokens.push(left + right);
  }
  const addedTokens: AddedToken[] = specialTokens.map((content, i) => ({ id: tokens.length + i, content }));
  return { vocabulary, merges: merged, addedTokens, preTokenizer };
}

function check(vocabSize: number, specialTokens: readonly string[], minFrequency: number): void {
  const fail = (wanted: string, got: unknown): never => {
    throw new ArgumentError("BytePairTokenizer.train", wanted, got);
  };
  const least = BYTES + specialTokens.length;
  if (!Number.isSafeInteger(vocabSize) || vocabSize < least) {
    fail(`vocabSize from ${least} on (256 bytes and ${specialTokens.length} special tokens)`, vocabSize);
  }
  if (!Number.isSafeInteger(minFrequency) || minFrequency < 1) fail("minFrequency from 1 on", minFrequency);
  if (specialTokens.includes("") || new Set(specialTokens).size < specialTokens.length) {
    fail("special tokens that are different and not empty", specialTokens);
  }
}

function countWords(texts: string | Iterable<string>, preTokenizer: PreTokenizer): Map<string, number> {
  const cut = makeCutter(preTokenizer, "BytePairTokenizer.train");
  const counts = new Map<string, number>();
  for (const text of typeof texts === "string" ? [texts] : texts) {
    cut(text, (word) => counts.set(word, (counts.get(word) ?? 0) + 1));
  }
  return counts;
}

/** The words as ids of their bytes. */
function bytesOf(words: ReadonlyMap<string, number>): WordCounts {
  const idOfByte = idsOfBytes(byteVocabulary());
  const encoded = Array.from(words.keys(), (word) => new TextEncoder().encode(word));
  const symbols = new Int32Array(encoded.reduce((sum, { length }) => sum + length, 0));
  const ends = new Int32Array(encoded.length);
  let at = 0;
  for (const [word, bytes] of encoded.entries()) {
    for (const byte of bytes) symbols[at++] = idOfByte[byte]!;
    ends[word] = at;
  }
  return { symbols, ends, counts: [...words.values()] };
}
