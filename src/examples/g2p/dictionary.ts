/** The data: words and their pronunciations, split by spelling. */
import { createHash } from "node:crypto";
import { dictionary } from "cmu-pronouncing-dictionary";
import type { SequencePair } from "lanegrad";

/** What stands around sequences and fills them up; letters and phonemes come after these. */
export const symbols = { paddingToken: 0, startToken: 1, endToken: 2 } as const;

export interface Word {
  readonly spelling: string;
  /** Different ones, phonemes without stress. */
  readonly pronunciations: readonly (readonly string[])[];
}

export interface Split {
  readonly training: readonly Word[];
  readonly validation: readonly Word[];
  readonly test: readonly Word[];
}

/** The dictionary has "read" and "read(2)", "R EH1 D" and "R IY1 D": one word that is said in two ways. */
export function readWords(): Word[] {
  const words = new Map<string, Map<string, string[]>>();
  for (const [entry, stressed] of Object.entries(dictionary)) {
    const spelling = entry.replace(/\(\d+\)$/, "");
    const pronunciation = stressed.replace(/\d/g, "");
    const known = words.get(spelling) ?? new Map<string, string[]>();
    words.set(spelling, known.set(pronunciation, pronunciation.split(" ")));
  }
  return Array.from(words, ([spelling, known]) => ({ spelling, pronunciations: [...known.values()] }));
}

/**
 * Puts the words into the order of the SHA-256 of their spellings: the first are for the test, those that follow for
 * the validation, and all others train. Nothing but the list itself decides, and no word is on two sides.
 */
export function splitWords(words: readonly Word[], test: number, validation: number): Split {
  const hashed = words.map((word) => ({ word, hash: hashOf(word.spelling) }));
  const order = hashed.sort((a, b) => (a.hash < b.hash ? -1 : 1)).map(({ word }) => word);
  return {
    test: order.slice(0, test),
    validation: order.slice(test, test + validation),
    training: order.slice(test + validation),
  };
}

/** In 64 hexadecimal digits. */
export function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Letters or phonemes, and the numbers that stand for them. */
export class Alphabet {
  readonly #all: readonly string[];
  readonly #numbers: ReadonlyMap<string, number>;

  constructor(sequences: Iterable<Iterable<string>>) {
    const found = new Set<string>();
    for (const sequence of sequences) for (const symbol of sequence) found.add(symbol);
    this.#all = [...Object.keys(symbols), ...[...found].sort()];
    this.#numbers = new Map(this.#all.map((symbol, i) => [symbol, i]));
  }

  get size(): number {
    return this.#all.length;
  }

  encode(sequence: Iterable<string>): Int32Array {
    return Int32Array.from(sequence, (symbol) => this.#numbers.get(symbol)!);
  }

  decode(numbers: Iterable<number>): string[] {
    return Array.from(numbers, (number) => this.#all[number]!);
  }
}

/** Each word with each of its pronunciations. */
export function pairsOf(words: readonly Word[], letters: Alphabet, phonemes: Alphabet): SequencePair[] {
  return words.flatMap(({ spelling, pronunciations }) =>
    pronunciations.map((pronunciation) => ({
      source: letters.encode(spelling),
      target: phonemes.encode(pronunciation),
    })),
  );
}
