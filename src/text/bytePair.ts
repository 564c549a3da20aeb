import { ArgumentError } from "../errors.ts";
import { AddedTokens, type SectionVisitor } from "./addedTokens.ts";
import { type BytePairTraining, trainBytePairs } from "./bytePairTrainer.ts";
import { type BytePairParts, BytePairVocabulary } from "./bytePairVocabulary.ts";
import { IdBuffer } from "./idBuffer.ts";
import { Merger } from "./merger.ts";
import { makeNormalize } from "./normalizer.ts";
import { type Cutter, makeCutter } from "./preTokenizer.ts";
import { applyTemplate, plainTemplate, type TokenizedInputs } from "./template.ts";
import type { DecodeOptions, EncodeOptions, StreamDecoder, Tokenizer } from "./tokenizer.ts";
import { WordCache } from "./wordCache.ts";

/** Bytes of the longest word whose scratch is kept. */
const KEPT_SCRATCH = 2 ** 16;

/**
 * Byte-level byte-pair encoding, GPT-2's: a text is cut into words, and the UTF-8 bytes of each word merge to
 * tokens. Every text has an encoding, and decode(encode(text)) is `text`, but for a half of a surrogate pair,
 * which becomes U+FFFD, and for what a normalizer changes. Radford et al. 2019, section 2.2.
 */
export class BytePairTokenizer implements Tokenizer {
  /** What it was made of, for writing. */
  readonly parts: BytePairParts;
  readonly #vocabulary: BytePairVocabulary;
  readonly #added: AddedTokens;
  readonly #cut: Cutter;
  readonly #merger: Merger;
  readonly #cache = new WordCache();
  readonly #encoder = new TextEncoder();
  #scratch = new Int32Array(256);
  #bytes = new Uint8Array(256);

  /** @throws FormatError, which names `file`, when the parts contradict each other */
  constructor(parts: BytePairParts, file = "BytePairTokenizer") {
    this.parts = parts;
    this.#vocabulary = new BytePairVocabulary(parts, file);
    this.#added = new AddedTokens(
      parts.addedTokens,
      parts.normalizer ? makeNormalize(parts.normalizer) : null,
    );
    this.#cut = makeCutter(parts.preTokenizer, file);
    this.#merger = new Merger(this.#vocabulary.pairs);
  }

  /**
   * Learns from a text, or from many that are not worth joining. Ids: the 256 bytes in GPT-2's order, the
   * merges as they were learnt, the special tokens. Among equally frequent pairs that of the lowest ids
   * merges first. A text with few repetitions may give fewer tokens than asked.
   */
  static train(texts: string | Iterable<string>, training: BytePairTraining): BytePairTokenizer {
    return new BytePairTokenizer(trainBytePairs(texts, training));
  }

  get vocabSize(): number {
    return this.#vocabulary.size;
  }

  get specialTokens(): ReadonlyMap<string, number> {
    return this.#added.special;
  }

  /**
   * Special tokens in the text are refused unless `allowedSpecial` names them (default none) or
   * `disallowedSpecial` (default all) leaves them out.
   */
  encode(text: string, options: EncodeOptions = {}): Int32Array<ArrayBuffer> {
    const { allowedSpecial = [], disallowedSpecial = "all" } = options;
    // One token for 3 to 4 characters is usual.
    const ids = new IdBuffer(text.length >> 1);
    const encodeWord = (word: string) => this.#encodeWord(word, ids);
    const visitor: SectionVisitor = {
      text: (section) => this.#cut(section, encodeWord),
      token: (id) => ids.push(id),
    };
    this.#added.visit(text, { allowedSpecial, disallowedSpecial }, visitor);
    return ids.toArray();
  }

  /** One text, or two, between the special tokens that the model wants around them. */
  encodeInputs(first: string, second?: string, options?: EncodeOptions): TokenizedInputs {
    const ids = [first, second].map((text) => (text === undefined ? text : this.encode(text, options)));
    return applyTemplate(this.parts.template ?? plainTemplate, ids[0]!, ids[1]);
  }

  decode(ids: ArrayLike<number>, { skipSpecial = false }: DecodeOptions = {}): string {
    let length = 0;
    for (let i = 0; i < ids.length; i++) length += this.#bytesOf(ids[i]!, i, skipSpecial).length;
    const bytes = new Uint8Array(length);
    let at = 0;
    for (let i = 0; i < ids.length; i++) {
      const token = this.#bytesOf(ids[i]!, i, skipSpecial);
      for (let j = 0; j < token.length; j++) bytes[at++] = token[j]!;
    }
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  }

  decodeStream({ skipSpecial = false }: DecodeOptions = {}): StreamDecoder {
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    let position = 0;
    return {
      push: (id) => decoder.decode(this.#bytesOf(id, position++, skipSpecial), { stream: true }),
      flush: () => {
        position = 0;
        return decoder.decode();
      },
    };
  }

  /** The token of an id as files write it, "Ġthe" for " the"; undefined where there is none. */
  idToToken(id: number): string | undefined {
    return this.#vocabulary.tokenOf(id);
  }

  /**
   * The bytes that a token adds to a text, maybe half a character; none for a special token, and for an id
   * that is no token's.
   */
  tokenBytes(id: number): Uint8Array {
    return (this.#vocabulary.isSpecial(id) ? undefined : this.#vocabulary.bytesOf(id)) ?? new Uint8Array(0);
  }

  /** The id of a token as files write it; undefined where there is none. */
  tokenToId(token: string): number | undefined {
    return this.#vocabulary.idOf(token);
  }

  #bytesOf(id: number, position: number, skipSpecial: boolean): Uint8Array {
    const bytes = this.#vocabulary.bytesOf(id);
    if (bytes === undefined) {
      const wanted = `a token's id below ${this.vocabSize} at position ${position}`;
      throw new ArgumentError("BytePairTokenizer.decode", wanted, id);
    }
    return skipSpecial && this.#vocabulary.isSpecial(id) ? new Uint8Array(0) : bytes;
  }

  #encodeWord(word: string, ids: IdBuffer): void {
    const known = this.#cache.find(word);
    if (known >= 0) {
      const store = this.#cache.ids;
      ids.append(store, known, known + store[known - 1]!);
      return;
    }
    const count = this.#mergeWord(word);
    ids.append(this.#scratch, 0, count);
    this.#cache.add(word, this.#scratch, count);
    if (this.#scratch.length > KEPT_SCRATCH) {
      this.#scratch = new Int32Array(256);
      this.#bytes = new Uint8Array(256);
    }
  }

  /** Leaves the word's ids at the start of the scratch and returns how many there are. */
  #mergeWord(word: string): number {
    // A UTF-16 unit takes three bytes of UTF-8 at most.
    const most = 3 * word.length;
    if (most > this.#bytes.length) {
      this.#bytes = new Uint8Array(2 * most);
      this.#scratch = new Int32Array(2 * most);
    }
    const { written } = this.#encoder.encodeInto(word, this.#bytes);
    if (this.parts.ignoreMerges) {
      const whole = this.#vocabulary.idOfBytes(this.#bytes.subarray(0, written));
      if (whole !== undefined) {
        this.#scratch[0] = whole;
        return 1;
      }
    }
    for (let i = 0; i < written; i++) this.#scratch[i] = this.#vocabulary.idOfByte(this.#bytes[i]!);
    return this.#merger.merge(this.#scratch, written);
  }
}
