import { ArgumentError } from "../../errors.ts";
import type { Random } from "../../random.ts";
import { fitPair } from "./rows.ts";

/** A document: its sentences, or other stretches of text, in order. */
export type Sentences = readonly Int32Array[];

/** Two stretches of text. */
export interface SentencePair {
  readonly first: Int32Array;
  readonly second: Int32Array;
  /** Whether the second follows the first, or is from another document. */
  readonly follows: boolean;
}

/**
 * Draws what next-sentence prediction learns from (Devlin et al. 2018, appendix A.2, as in its release):
 * sentences of a document that fit together, cut in two between sentences at a random place; in half of the
 * cases the second part is replaced by as much as fits of another document.
 */
export class SentencePairs {
  readonly #documents: readonly Sentences[];
  /** Document and sentence of each place where a pair may begin: those that another sentence follows. */
  readonly #beginnings: readonly (readonly [document: number, sentence: number])[];

  /** @throws ArgumentError where there are not two documents, or none of two sentences */
  constructor(documents: readonly Sentences[]) {
    this.#documents = withoutEmpty(documents);
    const { length } = this.#documents;
    if (length < 2) throw new ArgumentError("SentencePairs", "at least two documents", length);
    this.#beginnings = this.#documents.flatMap((sentences, document) =>
      sentences.slice(1).map((_, sentence) => [document, sentence] as const),
    );
    if (this.#beginnings.length === 0) {
      throw new ArgumentError(
        "SentencePairs",
        "a document of at least two sentences",
        this.#beginnings.length,
      );
    }
  }

  /** `most`: symbols of both together. */
  draw(most: number, random: Random): SentencePair {
    const [document, sentence] = this.#beginnings[random.integer(0, 0, this.#beginnings.length)]!;
    const together = take(this.#documents[document]!, sentence, most, 2);
    const cut = random.integer(1, 1, together.length);
    const first = join(together.slice(0, cut));
    const follows = random.uniform(0) < 0.5;
    const second = follows
      ? join(together.slice(cut))
      : this.#elsewhere(document, most - first.length, random);
    const [fittingFirst, fittingSecond] = fitPair(first, second, most);
    return { first: fittingFirst, second: fittingSecond, follows };
  }

  /** As much as fits from a random sentence of another document on. */
  #elsewhere(document: number, most: number, random: Random): Int32Array {
    const drawn = random.integer(2, 0, this.#documents.length - 1);
    const sentences = this.#documents[drawn < document ? drawn : drawn + 1]!;
    return join(take(sentences, random.integer(3, 0, sentences.length), most, 1));
  }
}

/**
 * Draws sentences of one document that fit together: for a model that does without pairs (Liu et al. 2019).
 */
export class SentenceRuns {
  readonly #documents: readonly Sentences[];
  readonly #beginnings: readonly (readonly [document: number, sentence: number])[];

  /** @throws ArgumentError where there is no sentence */
  constructor(documents: readonly Sentences[]) {
    this.#documents = withoutEmpty(documents);
    if (this.#documents.length === 0) throw new ArgumentError("SentenceRuns", "at least one sentence", 0);
    this.#beginnings = this.#documents.flatMap((sentences, document) =>
      sentences.map((_, sentence) => [document, sentence] as const),
    );
  }

  draw(most: number, random: Random): Int32Array {
    const [document, sentence] = this.#beginnings[random.integer(0, 0, this.#beginnings.length)]!;
    return join(take(this.#documents[document]!, sentence, most, 1)).subarray(0, most);
  }
}

function withoutEmpty(documents: readonly Sentences[]): Sentences[] {
  return documents
    .map((sentences) => sentences.filter(({ length }) => length > 0))
    .filter(({ length }) => length > 0);
}

/** Sentences from one on, as long as they have at most `most` symbols together; `fewest` in any case. */
function take(sentences: Sentences, start: number, most: number, fewest: number): Int32Array[] {
  const taken: Int32Array[] = [];
  let size = 0;
  for (const sentence of sentences.slice(start)) {
    size += sentence.length;
    if (taken.length >= fewest && size > most) break;
    taken.push(sentence);
  }
  return taken;
}

function join(parts: readonly Int32Array[]): Int32Array {
  const joined = new Int32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let place = 0;
  for (const part of parts) {
    joined.set(part, place);
    place += part.length;
  }
  return joined;
}
