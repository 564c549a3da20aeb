import { ArgumentError } from "../errors.ts";
import { learnMerges, type WordCounts } from "./mergeTrainer.ts";
import { makeNormalize } from "./normalizer.ts";
import { makeCutter } from "./preTokenizer.ts";
import {
  BERT_SPECIAL_TOKENS,
  type BertOptions,
  bertParts,
  type WordPieceParts,
} from "./wordPieceVocabulary.ts";

export interface WordPieceTraining extends BertOptions {
  /** Tokens in all: special tokens, characters and learnt pieces. */
  readonly vocabSize: number;
  /** A pair that is rarer does not become a piece. Default 2. */
  readonly minFrequency?: number;
  /** Different characters that are kept, the most frequent; words with others are unknown. Default 1000. */
  readonly alphabetLimit?: number;
}

const WHERE = "WordPieceTokenizer.train";
const PREFIX = "##";

/**
 * The parts of a tokenizer learnt from texts. Pieces are learnt like byte pairs, as Hugging Face's trainer does;
 * Google's own program, which weighs a pair by the likelihood that it adds, was never published.
 */
export function trainWordPieces(
  texts: string | Iterable<string>,
  training: WordPieceTraining,
): WordPieceParts {
  const { vocabSize, minFrequency = 2, alphabetLimit = 1000, ...options } = training;
  if (!Number.isSafeInteger(minFrequency) || minFrequency < 1) {
    throw new ArgumentError(WHERE, "minFrequency from 1 on", minFrequency);
  }
  if (!Number.isSafeInteger(alphabetLimit) || alphabetLimit < 1) {
    throw new ArgumentError(WHERE, "alphabetLimit from 1 on", alphabetLimit);
  }
  const counts = countWords(texts, options);
  const alphabet = alphabetOf(counts, alphabetLimit);
  const symbols = symbolsOf(counts, alphabet);
  const least = BERT_SPECIAL_TOKENS.length + symbols.length;
  if (!Number.isSafeInteger(vocabSize) || vocabSize < least) {
    const wanted = `vocabSize from ${least} on (${BERT_SPECIAL_TOKENS.length} special tokens and ${symbols.length} characters)`;
    throw new ArgumentError(WHERE, wanted, vocabSize);
  }
  const words = wordsOf(counts, new Map(symbols.map((symbol, id) => [symbol, id])));
  const merging = { firstId: symbols.length, merges: vocabSize - least, minFrequency };
  const pairs = learnMerges(words, merging);
  const tokens = [...symbols];
  for (let i = 0; i < pairs.length; i += 2) {
    tokens.push(tokens[pairs[i]!]! + tokens[pairs[i + 1]!]!.slice(PREFIX.length));
  }
  const vocabulary = new Map([...BERT_SPECIAL_TOKENS, ...tokens].map((token, id) => [token, id]));
  return bertParts(vocabulary, options);
}

function countWords(texts: string | Iterable<string>, options: BertOptions): Map<string, number> {
  const { normalizer, preTokenizer } = bertParts(new Map(), options);
  const normalize = makeNormalize(normalizer!);
  const cut = makeCutter(preTokenizer, WHERE);
  const counts = new Map<string, number>();
  for (const text of typeof texts === "string" ? [texts] : texts) {
    cut(normalize(text), (word) => counts.set(word, (counts.get(word) ?? 0) + 1));
  }
  return counts;
}

/** The most frequent characters; of equally frequent ones those of lower code points. */
function alphabetOf(words: ReadonlyMap<string, number>, limit: number): ReadonlySet<string> {
  const counts = new Map<string, number>();
  for (const [word, count] of words) {
    for (const character of word) counts.set(character, (counts.get(character) ?? 0) + count);
  }
  const byFrequency = [...counts].sort(([a, m], [b, n]) => n - m || byCodePoint(a, b));
  return new Set(byFrequency.slice(0, limit).map(([character]) => character));
}

const byCodePoint = (a: string, b: string) => a.codePointAt(0)! - b.codePointAt(0)!;

/** The alphabet by code point, then those of its characters that occur within words. */
function symbolsOf(words: ReadonlyMap<string, number>, alphabet: ReadonlySet<string>): string[] {
  const within = new Set<string>();
  for (const word of words.keys()) for (const character of [...word].slice(1)) within.add(character);
  const sorted = [...alphabet].sort(byCodePoint);
  return [...sorted, ...sorted.filter((character) => within.has(character)).map((one) => PREFIX + one)];
}

/** The words that consist of known symbols. */
function wordsOf(words: ReadonlyMap<string, number>, symbols: ReadonlyMap<string, number>): WordCounts {
  const row: number[] = [];
  const ends: number[] = [];
  const counts: number[] = [];
  for (const [word, count] of words) {
    const ids = Array.from(word, (character, i) => symbols.get(i === 0 ? character : PREFIX + character));
    if (ids.includes(undefined)) continue;
    for (const id of ids) row.push(id!);
    ends.push(row.length);
    counts.push(count);
  }
  return { symbols: Int32Array.from(row), ends: Int32Array.from(ends), counts };
}
