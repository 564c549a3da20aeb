import { FormatError } from "../errors.ts";
import type { AddedToken } from "./addedTokens.ts";
import { checkedId } from "./bytePairVocabulary.ts";
import type { BertNormalizer, Normalizer } from "./normalizer.ts";
import type { PreTokenizer } from "./preTokenizer.ts";
import { bertTemplate, type Template } from "./template.ts";

/** All that makes a WordPiece tokenizer what it is. */
export interface WordPieceParts {
  /** Ids by token. */
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly addedTokens: readonly AddedToken[];
  readonly normalizer?: Normalizer;
  readonly preTokenizer: PreTokenizer;
  readonly template?: Template;
  /** The token of a word that the vocabulary cannot make. */
  readonly unknownToken: string;
  /** What tokens begin with that go on within a word. */
  readonly prefix: string;
  /** Characters; a longer word is unknown. */
  readonly longestWord: number;
  /** Whether decoding closes the gaps before English punctuation. */
  readonly cleanUp: boolean;
}

/** BERT's own special tokens, with the ids that `train` gives them. */
export const BERT_SPECIAL_TOKENS: readonly string[] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

/** How a BERT treats letters. */
export interface BertOptions {
  /** An uncased model. Default true. */
  readonly lowercase?: boolean;
  /** Default: as `lowercase`. */
  readonly stripAccents?: boolean;
}

/** The parts of a BERT's tokenizer: its specials are those of BERT that the vocabulary has. */
export function bertParts(
  vocabulary: ReadonlyMap<string, number>,
  { lowercase = true, stripAccents }: BertOptions,
): WordPieceParts {
  const normalizer: BertNormalizer = {
    type: "BertNormalizer",
    clean_text: true,
    handle_chinese_chars: true,
    strip_accents: stripAccents ?? null,
    lowercase,
  };
  const [cls, sep] = [vocabulary.get("[CLS]"), vocabulary.get("[SEP]")];
  const special = BERT_SPECIAL_TOKENS.filter((token) => vocabulary.has(token));
  return {
    vocabulary,
    addedTokens: special.map((content) => ({ id: vocabulary.get(content)!, content })),
    normalizer,
    preTokenizer: { type: "BertPreTokenizer" },
    ...(cls === undefined || sep === undefined
      ? {}
      : { template: bertTemplate(["[CLS]", cls], ["[SEP]", sep]) }),
    unknownToken: "[UNK]",
    prefix: "##",
    longestWord: 100,
    cleanUp: true,
  };
}

/** Tokens and the words that they make, checked. */
export class WordPieceVocabulary {
  /** Ids run below it; there may be gaps. */
  readonly size: number;
  readonly #parts: WordPieceParts;
  readonly #tokens: (string | undefined)[];
  readonly #added: ReadonlyMap<string, number>;
  readonly #special: ReadonlySet<number>;
  readonly #unknown: number;
  /** UTF-16 units of the longest token. */
  readonly #longestToken: number;

  /** @throws FormatError for ids out of range or given twice, and where the unknown token is missing */
  constructor(parts: WordPieceParts, file: string) {
    const { vocabulary, addedTokens, unknownToken } = parts;
    this.#parts = parts;
    this.#longestToken = 0;
    this.#added = new Map(addedTokens.map(({ content, id }) => [content, id]));
    this.#special = new Set(addedTokens.filter(({ special }) => special ?? true).map(({ id }) => id));
    const ids = [...vocabulary.values(), ...this.#added.values()];
    this.size = ids.reduce((most, id) => Math.max(most, checkedId(id, file)), -1) + 1;
    this.#tokens = new Array(this.size).fill(undefined);
    for (const [token, id] of [...vocabulary, ...this.#added]) {
      const other = this.#tokens[id] ?? token;
      if (other !== token) {
        throw new FormatError(
          file,
          `id ${id}`,
          `one token, not ${JSON.stringify(other)} and ${JSON.stringify(token)}`,
        );
      }
      this.#tokens[id] = token;
      this.#longestToken = Math.max(this.#longestToken, token.length);
    }
    const unknown = vocabulary.get(unknownToken) ?? this.#added.get(unknownToken);
    if (unknown === undefined) {
      throw new FormatError(
        file,
        "vocabulary",
        `the unknown token ${JSON.stringify(unknownToken)} is missing`,
      );
    }
    this.#unknown = unknown;
  }

  tokenOf(id: number): string | undefined {
    return this.#tokens[id];
  }

  idOf(token: string): number | undefined {
    return this.#added.get(token) ?? this.#parts.vocabulary.get(token);
  }

  isSpecial(id: number): boolean {
    return this.#special.has(id);
  }

  /** A word's pieces, or the unknown token. */
  piecesOf(word: string): Int32Array {
    const { vocabulary, prefix, longestWord } = this.#parts;
    const unknown = Int32Array.of(this.#unknown);
    // A character takes two units at most.
    if (word.length > longestWord && (word.length > 2 * longestWord || [...word].length > longestWord)) {
      return unknown;
    }
    const pieces: number[] = [];
    let start = 0;
    while (start < word.length) {
      const before = start === 0 ? "" : prefix;
      let end = Math.min(word.length, start + this.#longestToken - before.length);
      let id: number | undefined;
      for (; end > start; end--) {
        id = vocabulary.get(before + word.slice(start, end));
        if (id !== undefined) break;
      }
      if (id === undefined) return unknown;
      pieces.push(id);
      start = end;
    }
    return Int32Array.from(pieces);
  }
}
