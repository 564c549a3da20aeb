/** What the patterns of pretokenisers tell apart. Everything else, half a surrogate pair included, is OTHER. */
export const OTHER = 0;
/** \p{L} */
export const LETTER = 1;
/** \p{N} */
export const NUMBER = 2;
/** \p{White_Space}: JavaScript's own \s has U+FEFF besides and lacks U+0085. */
export const SPACE = 3;

const BLOCK = 256;
const UNKNOWN = 0xff;

/** Classes of code points: looked up in Unicode's tables a block at a time, when a text first needs it. */
export class CharacterClasses {
  readonly #classes = new Uint8Array(0x110000).fill(UNKNOWN);

  of(codePoint: number): number {
    const known = this.#classes[codePoint]!;
    if (known !== UNKNOWN) return known;
    this.#fill(codePoint - (codePoint % BLOCK));
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

  #fill(start: number): void {
    for (let codePoint = start; codePoint < start + BLOCK; codePoint++) {
      this.#classes[codePoint] = classOf(String.fromCodePoint(codePoint));
    }
  }
}

function classOf(character: string): number {
  if (/\p{L}/u.test(character)) return LETTER;
  if (/\p{N}/u.test(character)) return NUMBER;
  return /\p{White_Space}/u.test(character) ? SPACE : OTHER;
}
