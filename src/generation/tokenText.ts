/** What generation asks of a tokenizer to turn tokens into text. */
export interface TokenText {
  decode(tokens: ArrayLike<number>): string;
  /** Decodes tokens that come one at a time and never gives half a character. */
  decodeStream(): { push(token: number): string; flush(): string };
}

/**
 * Turns tokens into text as they come. Half a character waits for its other half, and text that might be the
 * beginning of a stop string waits until it is known not to be.
 */
export class TextWriter {
  readonly #decoder: ReturnType<TokenText["decodeStream"]> | undefined;
  readonly #stopStrings: readonly string[];
  #waiting = "";
  #stopped = false;

  constructor(tokenizer: TokenText | undefined, stopStrings: readonly string[] = []) {
    this.#decoder = tokenizer?.decodeStream();
    this.#stopStrings = stopStrings;
  }

  /** Whether a stop string has come. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** The text that a token makes certain; at a stop string, the text before it. */
  push(token: number): string {
    return this.#add(this.#decoder?.push(token) ?? "");
  }

  /** The text that waited, when nothing more comes; half a character shows as U+FFFD. */
  end(): string {
    if (this.#stopped) return "";
    const text = this.#add(this.#decoder?.flush() ?? "");
    const rest = this.#waiting;
    this.#waiting = "";
    return text + rest;
  }

  #add(fresh: string): string {
    const text = this.#waiting + fresh;
    const stop = firstStop(text, this.#stopStrings);
    if (stop >= 0) {
      this.#stopped = true;
      this.#waiting = "";
      return text.slice(0, stop);
    }
    const certain = text.length - longestBeginning(text, this.#stopStrings);
    this.#waiting = text.slice(certain);
    return text.slice(0, certain);
  }
}

/**
 * Where the stop string begins that is complete first, the longest of several; -1 without one. So token
 * borders do not matter.
 */
function firstStop(text: string, stopStrings: readonly string[]): number {
  let [from, to] = [-1, Number.POSITIVE_INFINITY];
  for (const stop of stopStrings) {
    const at = text.indexOf(stop);
    const end = at + stop.length;
    if (at >= 0 && (end < to || (end === to && at < from))) [from, to] = [at, end];
  }
  return from;
}

/** How much of the end of a text is the beginning of a stop string. */
function longestBeginning(text: string, stopStrings: readonly string[]): number {
  let longest = 0;
  for (const stop of stopStrings) {
    for (let length = Math.min(stop.length - 1, text.length); length > longest; length--) {
      if (text.endsWith(stop.slice(0, length))) longest = length;
    }
  }
  return longest;
}
