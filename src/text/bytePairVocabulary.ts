import { ArgumentError, FormatError } from "../errors.ts";
import type { AddedToken } from "./addedTokens.ts";
import { byteAlphabet, readBytes, writeBytes } from "./byteLevel.ts";
import { RANK_LIMIT } from "./merger.ts";
import type { Normalizer } from "./normalizer.ts";
import { PairTable } from "./pairTable.ts";
import type { PreTokenizer } from "./preTokenizer.ts";
import type { Template } from "./template.ts";

/** All that makes a byte-level tokenizer what it is. */
export interface BytePairParts {
  /** Ids by token, written in the alphabet of bytes: "Ġthe" for " the". */
  readonly vocabulary: ReadonlyMap<string, number>;
  /** Pairs of tokens in the order in which they merge. */
  readonly merges: readonly (readonly [left: string, right: string])[];
  readonly addedTokens: readonly AddedToken[];
  readonly normalizer?: Normalizer;
  readonly preTokenizer: PreTokenizer;
  readonly template?: Template;
  /** A word that is a token is that token, whatever merges would make of it. Default false. */
  readonly ignoreMerges?: boolean;
}

/** Ids are below this: a row each in a model's embedding, and more than any model has. */
export const ID_LIMIT = RANK_LIMIT;

/** Tokens, their bytes and which of them merge, checked. */
export class BytePairVocabulary {
  /** Ids run below it; there may be gaps. */
  readonly size: number;
  readonly pairs: PairTable;
  readonly #model: ReadonlyMap<string, number>;
  readonly #added: ReadonlyMap<string, number>;
  readonly #tokens: (string | undefined)[];
  readonly #bytes: (Uint8Array | undefined)[];
  readonly #special: Uint8Array;
  readonly #idOfByte: Int32Array;
  /** Bytes of the longest token. */
  readonly #longest: number;

  /** @throws FormatError for ids out of range or given twice, and for merges of tokens that are not there */
  constructor({ vocabulary, merges, addedTokens }: BytePairParts, file: string) {
    const ids = [...vocabulary.values(), ...addedTokens.map(({ id }) => id)];
    this.size = ids.reduce((most, id) => Math.max(most, checkedId(id, file)), -1) + 1;
    this.#tokens = new Array(this.size).fill(undefined);
    this.#bytes = new Array(this.size).fill(undefined);
    this.#special = new Uint8Array(this.size);
    this.#model = vocabulary;
    this.#added = new Map(addedTokens.map(({ content, id }) => [content, id]));
    for (const [token, id] of vocabulary) this.#place(token, id, readBytes(token) ?? utf8(token), file);
    for (const { content, id, special } of addedTokens) {
      if (this.#tokens[id] !== content) this.#place(content, id, utf8(content), file);
      this.#bytes[id] = utf8(content);
      if (special ?? true) this.#special[id] = 1;
    }
    this.pairs = this.#pairsOf(merges, file);
    this.#idOfByte = idsOfBytes(vocabulary);
    this.#longest = this.#bytes.reduce((most, bytes) => Math.max(most, bytes?.length ?? 0), 0);
  }

  tokenOf(id: number): string | undefined {
    return this.#tokens[id];
  }

  bytesOf(id: number): Uint8Array | undefined {
    return this.#bytes[id];
  }

  isSpecial(id: number): boolean {
    return this.#special[id] === 1;
  }

  idOf(token: string): number | undefined {
    return this.#added.get(token) ?? this.#model.get(token);
  }

  /** The id of the token that has these bytes, added ones left out. */
  idOfBytes(bytes: Uint8Array): number | undefined {
    return bytes.length > this.#longest ? undefined : this.#model.get(writeBytes(bytes));
  }

  idOfByte(byte: number): number {
    const id = this.#idOfByte[byte]!;
    if (id >= 0) return id;
    const name = `0x${byte.toString(16).padStart(2, "0")}`;
    throw new ArgumentError("encode", "a text of bytes that the vocabulary has", `the byte ${name}`);
  }

  #place(token: string, id: number, bytes: Uint8Array, file: string): void {
    const other = this.#tokens[id];
    if (other !== undefined) {
      throw new FormatError(
        file,
        `id ${id}`,
        `one token, not ${JSON.stringify(other)} and ${JSON.stringify(token)}`,
      );
    }
    this.#tokens[id] = token;
    this.#bytes[id] = bytes;
  }

  #pairsOf(merges: BytePairParts["merges"], file: string): PairTable {
    const pairs = new PairTable(merges.length);
    if (merges.length > RANK_LIMIT) throw new FormatError(file, "merges", `at most ${RANK_LIMIT}`);
    for (const [rank, [left, right]] of merges.entries()) {
      const [leftId, rightId, merged] = [left, right, left + right].map((token) => {
        const id = this.#model.get(token);
        if (id !== undefined) return id;
        throw new FormatError(file, `merges, ${rank}`, `${JSON.stringify(token)} is not in the vocabulary`);
      }) as [number, number, number];
      if (!pairs.add(leftId, rightId, rank, merged)) {
        throw new FormatError(file, `merges, ${rank}`, `${JSON.stringify([left, right])} stands there twice`);
      }
    }
    return pairs;
  }
}

export function checkedId(id: number, file: string): number {
  if (Number.isInteger(id) && id >= 0 && id < ID_LIMIT) return id;
  throw new FormatError(file, "vocabulary", `ids are whole numbers from 0 to ${ID_LIMIT - 1}, not ${id}`);
}

const utf8 = (text: string) => new TextEncoder().encode(text);

/** Ids 0 to 255 for the bytes. */
export const byteVocabulary = (): Map<string, number> =>
  new Map(byteAlphabet.map((token, id) => [token, id]));

/** Id of each byte's own token; -1 where the vocabulary has none. */
export function idsOfBytes(vocabulary: ReadonlyMap<string, number>): Int32Array {
  return Int32Array.from({ length: 256 }, (_, byte) => vocabulary.get(writeBytes(Uint8Array.of(byte))) ?? -1);
}
