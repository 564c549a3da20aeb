import { ArgumentError, FormatError } from "../errors.ts";
import type { StreamDecoder, Tokenizer } from "./tokenizer.ts";

/** What a checkpoint keeps of a tokenizer: its characters in the order of their ids, as one string. */
export interface CharacterTokenizerState {
  readonly kind: "character";
  readonly characters: string;
}

/** Half of a surrogate pair whose other half is missing: no character, and UTF-8 cannot hold it. */
const loneSurrogate = /\p{Surrogate}/u;

/**
 * One token for each character of a text. A character is a Unicode code point, whatever its script; nothing
 * is normalised, so decode(encode(text)) is `text`. Ids count the characters by rising code point, from 0.
 */
export class CharacterTokenizer implements Tokenizer {
  /** It has none. */
  readonly specialTokens: ReadonlyMap<string, number> = new Map();
  readonly #characters: readonly string[];
  /**
   * Id + 1 by code point, as far as the highest one known; 0 where there is none. Several times faster than a
   * Map.
   */
  readonly #idsFromOne: Int32Array;

  private constructor(codePoints: readonly number[]) {
    this.#characters = codePoints.map((codePoint) => String.fromCodePoint(codePoint));
    this.#idsFromOne = new Int32Array(codePoints.at(-1)! + 1);
    for (const [id, codePoint] of codePoints.entries()) this.#idsFromOne[codePoint] = id + 1;
  }

  /** A tokenizer of all characters that the text has. */
  static train(text: string): CharacterTokenizer {
    if (text.length === 0) throw new ArgumentError("CharacterTokenizer.train", "a text", text);
    const broken = text.search(loneSurrogate);
    if (broken >= 0) {
      const wanted = `Unicode text, not half of a surrogate pair at index ${broken}`;
      throw new ArgumentError("CharacterTokenizer.train", wanted, text[broken]);
    }
    return new CharacterTokenizer(distinctCodePoints(text));
  }

  /** Checks every rule, since the state may come from a file that someone edited. */
  static fromJSON(state: unknown, file = "tokenizer"): CharacterTokenizer {
    const fail = (rule: string): never => {
      throw new FormatError(file, "tokenizer", rule);
    };
    if (typeof state !== "object" || state === null) return fail("wanted an object");
    const { kind, characters, ...others } = state as Record<string, unknown>;
    if (kind !== "character") return fail('kind must be "character"');
    if (typeof characters !== "string" || characters.length === 0) {
      return fail("characters must be a string of at least one");
    }
    const [unknownKey] = Object.keys(others);
    if (unknownKey !== undefined) return fail(`unknown key ${JSON.stringify(unknownKey)}`);
    if (loneSurrogate.test(characters)) return fail("characters holds half of a surrogate pair");
    const codePoints = Array.from(characters, (character) => character.codePointAt(0)!);
    if (codePoints.some((codePoint, id) => id > 0 && codePoint <= codePoints[id - 1]!)) {
      return fail("characters must rise by code point");
    }
    return new CharacterTokenizer(codePoints);
  }

  get vocabSize(): number {
    return this.#characters.length;
  }

  /** One id per character. A character that the training text lacked is refused. */
  encode(text: string): Int32Array<ArrayBuffer> {
    const ids = new Int32Array(text.length);
    let count = 0;
    for (let i = 0; i < text.length; i++) {
      const codePoint = text.codePointAt(i)!;
      // Past the table stands undefined.
      const idFromOne = this.#idsFromOne[codePoint] ?? 0;
      if (idFromOne === 0) throw unknownCharacter(codePoint, count);
      ids[count++] = idFromOne - 1;
      if (codePoint > 0xffff) i++;
    }
    return count === ids.length ? ids : ids.slice(0, count);
  }

  decode(ids: ArrayLike<number>): string {
    let text = "";
    for (let i = 0; i < ids.length; i++) {
      const character = this.#characters[ids[i]!];
      if (character === undefined) {
        const wanted = `an id below ${this.vocabSize} at position ${i}`;
        throw new ArgumentError("CharacterTokenizer.decode", wanted, ids[i]);
      }
      text += character;
    }
    return text;
  }

  /** The token's character in UTF-8. */
  tokenBytes(id: number): Uint8Array {
    return new TextEncoder().encode(this.decode([id]));
  }

  decodeStream(): StreamDecoder {
    return { push: (id) => this.decode([id]), flush: () => "" };
  }

  toJSON(): CharacterTokenizerState {
    return { kind: "character", characters: this.#characters.join("") };
  }
}

/** The code points of a text without repetition, rising. */
function distinctCodePoints(text: string): number[] {
  const seen = new Uint8Array(0x110000);
  for (let i = 0; i < text.length; i++) {
    const codePoint = text.codePointAt(i)!;
    seen[codePoint] = 1;
    if (codePoint > 0xffff) i++;
  }
  const codePoints: number[] = [];
  for (let codePoint = seen.indexOf(1); codePoint >= 0; codePoint = seen.indexOf(1, codePoint + 1)) {
    codePoints.push(codePoint);
  }
  return codePoints;
}

function unknownCharacter(codePoint: number, position: number): ArgumentError {
  const name = `U+${codePoint.toString(16).toUpperCase().padStart(4, "0")}`;
  const wanted = `a character of the training text at position ${position}, which ${name} is not`;
  return new ArgumentError("CharacterTokenizer.encode", wanted, String.fromCodePoint(codePoint));
}
