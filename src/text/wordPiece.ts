import { ArgumentError } from "../errors.ts";
import { AddedTokens, type SectionVisitor } from "./addedTokens.ts";
import { IdBuffer } from "./idBuffer.ts";
import { makeNormalize } from "./normalizer.ts";
import { type Cutter, makeCutter } from "./preTokenizer.ts";
import { applyTemplate, plainTemplate, type TokenizedInputs } from "./template.ts";
import type { DecodeOptions, EncodeOptions, StreamDecoder, Tokenizer } from "./tokenizer.ts";
import { WordCache } from "./wordCache.ts";
import { trainWordPieces, type WordPieceTraining } from "./wordPieceTrainer.ts";
import { type WordPieceParts, WordPieceVocabulary } from "./wordPieceVocabulary.ts";

/**
 * WordPiece, BERT's: a text is normalised and cut into words, and each word is split, from its start, into the
 * longest pieces that the vocabulary has; a word that has none is one unknown token. Case, accents and spaces
 * may be lost. Wu et al. 2016, section 4.1; Devlin et al. 2019.
 */
export class WordPieceTokenizer implements Tokenizer {
  /** What it was made of, for writing. */
  readonly parts: WordPieceParts;
  readonly #vocabulary: WordPieceVocabulary;
  readonly #added: AddedTokens;
  readonly #cut: Cutter;
  readonly #cache = new WordCache();
  /** By id: what `#joined` found. */
  readonly #joinedTexts: (string | undefined)[];

  /** @throws FormatError, which names `file`, when the parts contradict each other */
  constructor(parts: WordPieceParts, file = "WordPieceTokenizer") {
    this.parts = parts;
    this.#vocabulary = new WordPieceVocabulary(parts, file);
    this.#joinedTexts = new Array(this.#vocabulary.size).fill(undefined);
    this.#added = new AddedTokens(
      parts.addedTokens,
      parts.normalizer ? makeNormalize(parts.normalizer) : null,
    );
    this.#cut = makeCutter(parts.preTokenizer, file);
  }

  /**
   * Learns from a text, or from many. Ids: the special tokens, the characters that begin words, those within
   * them, the pieces as they were learnt: the most frequent pair of pieces becomes one, and so on.
   */
  static train(texts: string | Iterable<string>, training: WordPieceTraining): WordPieceTokenizer {
    return new WordPieceTokenizer(trainWordPieces(texts, training));
  }

  get vocabSize(): number {
    return this.#vocabulary.size;
  }

  get specialTokens(): ReadonlyMap<string, number> {
    return this.#added.special;
  }

  /** Special tokens in the text, "[MASK]" say, stand for themselves unless the options say otherwise. */
  encode(text: string, options: EncodeOptions = {}): Int32Array<ArrayBuffer> {
    const { allowedSpecial = "all", disallowedSpecial = [] } = options;
    const ids = new IdBuffer(text.length >> 1);
    const encodeWord = (word: string) => this.#encodeWord(word, ids);
    const visitor: SectionVisitor = {
      text: (section) => this.#cut(section, encodeWord),
      token: (id) => ids.push(id),
    };
    this.#added.visit(text, { allowedSpecial, disallowedSpecial }, visitor);
    return ids.toArray();
  }

  /** One text, or two, between the special tokens that the model wants around them: [CLS] A [SEP] B [SEP]. */
  encodeInputs(first: string, second?: string, options?: EncodeOptions): TokenizedInputs {
    const ids = [first, second].map((text) => (text === undefined ? text : this.encode(text, options)));
    return applyTemplate(this.parts.template ?? plainTemplate, ids[0]!, ids[1]);
  }

  decode(ids: ArrayLike<number>, options?: DecodeOptions): string {
    const stream = this.decodeStream(options);
    let text = "";
    for (let i = 0; i < ids.length; i++) text += stream.push(ids[i]!);
    return text;
  }

  decodeStream({ skipSpecial = false }: DecodeOptions = {}): StreamDecoder {
    let position = 0;
    let isFirst = true;
    return {
      push: (id) => {
        const token = this.#tokenOf(id, position++);
        if (skipSpecial && this.#vocabulary.isSpecial(id)) return "";
        const text = isFirst ? token : this.#joined(id, token);
        isFirst = false;
        return text;
      },
      flush: () => {
        position = 0;
        isFirst = true;
        return "";
      },
    };
  }

  /** The token of an id, "##ing" for one that goes on within a word; undefined where there is none. */
  idToToken(id: number): string | undefined {
    return this.#vocabulary.tokenOf(id);
  }

  /** The id of a token; undefined where there is none. */
  tokenToId(token: string): number | undefined {
    return this.#vocabulary.idOf(token);
  }

  #tokenOf(id: number, position: number): string {
    const token = this.#vocabulary.tokenOf(id);
    if (token !== undefined) return token;
    const wanted = `a token's id below ${this.vocabSize} at position ${position}`;
    throw new ArgumentError("WordPieceTokenizer.decode", wanted, id);
  }

  /** What a token adds to the text of others. */
  #joined(id: number, token: string): string {
    const known = this.#joinedTexts[id];
    if (known !== undefined) return known;
    const { prefix, cleanUp } = this.parts;
    const text = token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`;
    const joined = cleanUp ? cleaned(text) : text;
    this.#joinedTexts[id] = joined;
    return joined;
  }

  #encodeWord(word: string, ids: IdBuffer): void {
    const known = this.#cache.find(word);
    if (known >= 0) {
      const store = this.#cache.ids;
      ids.append(store, known, known + store[known - 1]!);
      return;
    }
    const pieces = this.#vocabulary.piecesOf(word);
    ids.append(pieces, 0, pieces.length);
    this.#cache.add(word, pieces, pieces.length);
  }
}

/** English punctuation and contractions as they are written, not apart; as Hugging Face's decoder has them. */
const CLEAN_UP = [
  [" .", "."],
  [" ?", "?"],
  [" !", "!"],
  [" ,", ","],
  [" n't", "n't"],
  [" 'm", "'m"],
  [" 's", "'s"],
  [" 've", "'ve"],
  [" 're", "'re"],
] as const;

const cleaned = (token: string) =>
  CLEAN_UP.reduce((text, [apart, written]) => text.replaceAll(apart, written), token);
