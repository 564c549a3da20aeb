import type { Automaton } from "./automaton.ts";

/** What constraints ask of a tokenizer. */
export interface TokenBytes {
  readonly vocabSize: number;
  /**
   * The bytes that a token adds to a text in UTF-8, maybe half a character; none for one that only steers the
   * model.
   */
  tokenBytes(token: number): Uint8Array;
}

interface Entry {
  readonly token: number;
  readonly bytes: Uint8Array;
  /** Bytes at the beginning that the entry before has too. */
  readonly shared: number;
}

/**
 * The tokens in the order of their bytes, so that those with the same beginning stand together and it is read
 * once.
 */
export class Vocabulary {
  readonly size: number;
  readonly #entries: readonly Entry[];

  private constructor(size: number, entries: readonly Omit<Entry, "shared">[]) {
    const rising = entries.toSorted((a, b) => compareBytes(a.bytes, b.bytes));
    this.size = size;
    this.#entries = rising.map(({ token, bytes }, i) => {
      return { token, bytes, shared: i === 0 ? 0 : sharedLength(rising[i - 1]!.bytes, bytes) };
    });
  }

  /** All tokens that have bytes. */
  static of(tokenizer: TokenBytes): Vocabulary {
    const entries = Array.from({ length: tokenizer.vocabSize }, (_, token) => {
      return { token, bytes: tokenizer.tokenBytes(token) };
    });
    return new Vocabulary(
      tokenizer.vocabSize,
      entries.filter(({ bytes }) => bytes.length > 0),
    );
  }

  /** Those tokens alone that are one byte or one character. */
  shortTokens(): Vocabulary {
    return new Vocabulary(
      this.size,
      this.#entries.filter(({ bytes }) => bytes.length === 1 || bytes.length === characterLength(bytes[0]!)),
    );
  }

  /** The bytes of each token, by token; empty ones where it has none. */
  bytes(): Uint8Array[] {
    const all = new Array<Uint8Array>(this.size).fill(new Uint8Array(0));
    for (const { token, bytes } of this.#entries) all[token] = bytes;
    return all;
  }

  /** Visits each token that the automaton can read in a state, and the state after it. */
  walk(automaton: Automaton, state: number, visit: (token: number, next: number) => void): void {
    // after[n]: the state after the first n bytes of the entry. A beginning of `dead` bytes leads nowhere.
    const after = [state];
    let dead = Number.POSITIVE_INFINITY;
    for (const { token, bytes, shared } of this.#entries) {
      if (shared >= dead) continue;
      dead = Number.POSITIVE_INFINITY;
      for (let i = shared; i < bytes.length; i++) {
        const next = automaton.next(after[i]!, bytes[i]!);
        if (next < 0) {
          dead = i + 1;
          break;
        }
        after[i + 1] = next;
      }
      if (dead > bytes.length) visit(token, after[bytes.length]!);
    }
  }
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = sharedLength(a, b);
  return shared < a.length && shared < b.length ? a[shared]! - b[shared]! : a.length - b.length;
}

function sharedLength(a: Uint8Array, b: Uint8Array): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}

/** Bytes of the UTF-8 character that begins with a byte. */
function characterLength(first: number): number {
  if (first < 0x80) return 1;
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}
