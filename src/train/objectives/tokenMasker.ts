import { ArgumentError } from "../../errors.ts";
import type { Random } from "../../random.ts";
import { shuffled } from "./epochs.ts";

/** The symbols that a `Bert` is trained with. */
export interface BertSymbols {
  /** V: rows of the model's embedding. */
  readonly vocabSize: number;
  /** Stands first: [CLS]. */
  readonly classToken: number;
  /** Ends each text: [SEP]. */
  readonly separatorToken: number;
  /** Stands for a symbol that is to be told: [MASK]. */
  readonly maskToken: number;
  /** Fills rows up: [PAD]. */
  readonly paddingToken: number;
  /** Those that are never masked and never put in another's place; the four above are among them anyway. */
  readonly specialTokens?: Iterable<number>;
  /** Whether a symbol begins a word. Default: each one does. */
  readonly startsWord?: (token: number) => boolean;
}

/** What `bertSymbols` asks of a tokenizer; `WordPieceTokenizer` has it. */
export interface BertTokenizer {
  readonly vocabSize: number;
  readonly specialTokens: ReadonlyMap<string, number>;
  readonly parts: { readonly prefix: string };
  idToToken(id: number): string | undefined;
}

/**
 * The symbols by the names that BERT's vocabularies give them. @throws ArgumentError naming one that lacks
 */
export function bertSymbols(tokenizer: BertTokenizer): BertSymbols {
  const { vocabSize, specialTokens, parts } = tokenizer;
  const find = (name: string): number => {
    const id = specialTokens.get(name);
    if (id !== undefined) return id;
    throw new ArgumentError("bertSymbols", `a tokenizer with the special token ${name}`, [
      ...specialTokens.keys(),
    ]);
  };
  return {
    vocabSize,
    classToken: find("[CLS]"),
    separatorToken: find("[SEP]"),
    maskToken: find("[MASK]"),
    paddingToken: find("[PAD]"),
    specialTokens: new Set(specialTokens.values()),
    startsWord: (id) => !tokenizer.idToToken(id)?.startsWith(parts.prefix),
  };
}

export interface MaskingOptions {
  /** Share of the symbols that are to be told. Default 0.15. */
  readonly rate?: number;
  /** Whether all symbols of a word are masked, or none. Default false. */
  readonly wholeWords?: boolean;
}

/** A row some of whose symbols are to be told. */
export interface MaskedTokens {
  readonly inputs: Int32Array;
  /** What stood there, -100 where nothing is asked. */
  readonly targets: Int32Array;
}

/** The target of a position where nothing is asked. */
const UNMASKED = -100;
/** Shares of the chosen symbols that become the mask, or any other symbol; the rest stays. */
const [TO_MASK, TO_OTHER] = [0.8, 0.1];

/**
 * Chooses the symbols that a bidirectional model has to tell (Devlin et al. 2018, section 3.1 and appendix
 * A.1): 15 % of those that are not special, one at least. Of them 80 % become the mask, 10 % a random symbol,
 * and 10 % stay, so that the model never knows which ones it will be asked for.
 *
 * With `wholeWords` words are chosen and not symbols, as in the release of 2019: in random order, as long as
 * they fit into the number to be chosen, or the shortest one where none does. What becomes of each symbol is
 * still drawn for itself.
 */
export class TokenMasker {
  readonly #symbols: BertSymbols;
  readonly #special: ReadonlySet<number>;
  /** What a random symbol is drawn from. */
  readonly #ordinary: Int32Array;
  readonly #rate: number;
  readonly #wholeWords: boolean;

  /** @throws ArgumentError for a rate out of (0, 1], or whole words of symbols that begin none */
  constructor(symbols: BertSymbols, { rate = 0.15, wholeWords = false }: MaskingOptions = {}) {
    if (!(rate > 0 && rate <= 1))
      throw new ArgumentError("TokenMasker.rate", "a share above 0 up to 1", rate);
    if (wholeWords && !symbols.startsWord) {
      throw new ArgumentError("TokenMasker.wholeWords", "symbols with startsWord", symbols);
    }
    const { classToken, separatorToken, maskToken, paddingToken, specialTokens = [] } = symbols;
    this.#symbols = symbols;
    this.#special = new Set([classToken, separatorToken, maskToken, paddingToken, ...specialTokens]);
    const all = Int32Array.from({ length: symbols.vocabSize }, (_, id) => id);
    this.#ordinary = all.filter((id) => !this.#special.has(id));
    if (this.#ordinary.length === 0) {
      throw new ArgumentError("TokenMasker", "a vocabulary of more than special tokens", symbols.vocabSize);
    }
    this.#rate = rate;
    this.#wholeWords = wholeWords;
  }

  /** A row of special tokens alone stays as it is. */
  mask(tokens: Int32Array, random: Random): MaskedTokens {
    const inputs = tokens.slice();
    const targets = new Int32Array(tokens.length).fill(UNMASKED);
    const replacing = random.fork("replacement");
    for (const place of this.#choose(tokens, random.fork("choice"))) {
      targets[place] = tokens[place]!;
      const draw = replacing.uniform(place);
      if (draw < TO_MASK) inputs[place] = this.#symbols.maskToken;
      else if (draw < TO_MASK + TO_OTHER) {
        inputs[place] = this.#ordinary[replacing.integer(place, 0, this.#ordinary.length)]!;
      }
    }
    return { inputs, targets };
  }

  #choose(tokens: Int32Array, random: Random): number[] {
    const words = this.#wordsOf(tokens);
    const count = words.reduce((sum, { length }) => sum + length, 0);
    const wanted = Math.max(1, Math.round(count * this.#rate));
    const chosen: number[] = [];
    for (const i of shuffled(words.length, random)) {
      if (chosen.length + words[i]!.length <= wanted) chosen.push(...words[i]!);
      if (chosen.length === wanted) break;
    }
    if (chosen.length > 0 || words.length === 0) return chosen;
    return words.reduce((shortest, word) => (word.length < shortest.length ? word : shortest));
  }

  /** Places that are chosen together. */
  #wordsOf(tokens: Int32Array): number[][] {
    const words: number[][] = [];
    tokens.forEach((token, place) => {
      if (this.#special.has(token)) return;
      const word = words.at(-1);
      const goesOn = this.#wholeWords && !this.#symbols.startsWord!(token) && word?.at(-1) === place - 1;
      if (goesOn) word!.push(place);
      else words.push([place]);
    });
    return words;
  }
}
