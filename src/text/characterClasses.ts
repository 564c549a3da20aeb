/** Tells classes of characters apart, by numbers below 255. */
export type Classifier = (character: string) => number;

/** What GPT-2's pattern tells apart. Everything else, half a surrogate pair included, is OTHER. */
export const OTHER = 0;
/** \p{L} */
export const LETTER = 1;
/** \p{N} */
export const NUMBER = 2;
/** \p{White_Space}: JavaScript's own \s has U+FEFF besides and lacks U+0085. */
export const SPACE = 3;
/** Unicode's \p{P}, and all of ASCII that is neither letter, digit, space nor control: BERT's punctuation. */
export const PUNCTUATION = 4;

export const gpt2Class: Classifier = (character) => {
  if (/\p{L}/u.test(character)) return LETTER;
  if (/\p{N}/u.test(character)) return NUMBER;
  return /\p{White_Space}/u.test(character) ? SPACE : OTHER;
};

export const bertClass: Classifier = (character) => {
  if (/\p{White_Space}/u.test(character)) return SPACE;
  return /[\p{P}!-/:-@[-`{-~]/u.test(character) ? PUNCTUATION : OTHER;
};

const BLOCK = 256;
const UNKNOWN = 0xff;

/** Classes of code points: looked up in Unicode's tables a block at a time, when a text first needs it. */
export class CharacterClasses {
  readonly #classify: Classifier;
  readonly #classes = new Uint8Array(0x110000).fill(UNKNOWN);

  constructor(classify: Classifier) {
    this.#classify = classify;
  }

  of(codePoint: number): number {
    const known = this.#classes[codePoint]!;
    if (known !== UNKNOWN) return known;
    const start = codePoint - (codePoint % BLOCK);
    for (let other = start; other < start + BLOCK; other++) {
      this.#classes[other] = this.#classify(String.fromCodePoint(other));
    }
    return this.#classes[codePoint]!;
  }

  /** Where the run of one class that starts at `at` ends. */
  runEnd(text: string, at: number, kind: number): number {
    let end = at;
    while (end < text.length) {
      const codePoint = text.codePointAt(end)!;
      if (this.of(codePoint) !== kind) return end;
      end += codePoint > 0xffff ? 2 : 1;
    }
    return end;
  }
}
