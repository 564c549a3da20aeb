import { FormatError } from "../errors.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const ZERO = 0x30;
const NINE = 0x39;

/** Keys of an object: past what any model or vocabulary has, before what a hostile file could fill memory with. */
const MAX_KEYS = 1_000_000;

/** Characters of a number that its digits cannot need. */
const MAX_WORD = 400;

/** Nesting that no configuration has; deeper would only fill the stack. */
const MAX_DEPTH = 64;

/** What JSON can say. Objects have no prototype, so a key `__proto__` is one like any other. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

/** A whole file that holds one JSON value. @throws FormatError where it does not, or where a key comes twice */
export function readJson(bytes: Uint8Array, file: string): Json {
  const reader = new JsonReader(file, bytes, 0, bytes.length);
  const value = reader.value();
  reader.finish();
  return value;
}

/** A key for a message, cut where a hostile one would fill the screen. */
export const quoted = (key: string) => JSON.stringify(key.length > 80 ? `${key.slice(0, 77)}...` : key);

const isSpace = (byte: number) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/**
 * Reads the JSON of a file's header front to back, straight from the bytes. JSON.parse does not do here: it
 * keeps the last of two equal keys without a word, takes 1e2 and -0 for sizes, makes objects with a
 * prototype, and its errors do not say which byte. What is read is decided by the caller, so nesting is as
 * deep as the caller's code.
 */
export class JsonReader {
  readonly #file: string;
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  #at: number;

  /** The JSON stands in bytes[start, end), and errors name positions in the whole of `bytes`. */
  constructor(file: string, bytes: Uint8Array, start: number, end: number) {
    this.#file = file;
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  /** An object: `member` is called with each key and must read its value. A key must not come twice. */
  object(member: (key: string) => void): void {
    const seen = new Set<string>();
    this.#list("{", "}", () => {
      const start = this.#next();
      const key = this.string();
      if (seen.has(key)) this.#fail(`the key ${quoted(key)} comes twice`, start);
      if (seen.add(key).size > MAX_KEYS) this.#fail(`an object of more than ${MAX_KEYS} keys`, start);
      this.#expect(COLON);
      member(key);
    });
  }

  /** An array of at most `most` natural numbers. */
  integers(most: number): number[] {
    const values: number[] = [];
    this.#list("[", "]", () => {
      if (values.push(this.integer()) > most) this.#fail(`a list of more than ${most} numbers`);
    });
    return values;
  }

  /** A natural number below 2^53 as JSON writes it: digits only, no leading zero. */
  integer(): number {
    const start = this.#next();
    const bytes = this.#bytes;
    let value = 0;
    while (this.#at < this.#end && bytes[this.#at]! >= ZERO && bytes[this.#at]! <= NINE) {
      value = value * 10 + (bytes[this.#at]! - ZERO);
      if (value > Number.MAX_SAFE_INTEGER) this.#fail("a number is larger than 2^53 - 1", start);
      this.#at++;
    }
    const digits = this.#at - start;
    if (digits === 0) this.#fail("wanted a natural number");
    if (digits > 1 && bytes[start] === ZERO) this.#fail("a number has a leading zero", start);
    return value;
  }

  string(): string {
    const start = this.#next();
    this.#expect(QUOTE);
    const bytes = this.#bytes;
    let escaped = false;
    for (;;) {
      if (this.#at >= this.#end) this.#fail("a string does not end", start);
      const byte = bytes[this.#at]!;
      if (byte === QUOTE) break;
      if (byte < 0x20) this.#fail("a string holds a control character");
      if (byte === BACKSLASH) escaped = true;
      this.#at += byte === BACKSLASH ? 2 : 1;
    }
    this.#at++;
    return this.#text(start, escaped);
  }

  /** Any value, nested up to 64 deep. A number is the double that JavaScript makes of it, and must be finite. */
  value(depth = 0): Json {
    const start = this.#next();
    const first = this.#bytes[start];
    if (depth > MAX_DEPTH) this.#fail(`more than ${MAX_DEPTH} levels of nesting`);
    if (start >= this.#end) this.#fail("wanted a value");
    if (first === QUOTE) return this.string();
    if (first === OPEN_BRACKET) {
      const list: Json[] = [];
      this.#list("[", "]", () => list.push(this.value(depth + 1)));
      return list;
    }
    if (first === OPEN_BRACE) {
      const record = Object.create(null) as Record<string, Json>;
      this.object((key) => {
        record[key] = this.value(depth + 1);
      });
      return record;
    }
    return this.#word();
  }

  /** A number, true, false or null: the bytes up to the next that ends one, read by the engine. */
  #word(): Json {
    const start = this.#at;
    let text = "";
    while (this.#at < this.#end && /[-+.\w]/.test(String.fromCharCode(this.#bytes[this.#at]!))) {
      text += String.fromCharCode(this.#bytes[this.#at++]!);
      if (text.length > MAX_WORD) this.#fail(`a number of more than ${MAX_WORD} characters`, start);
    }
    if (!/^(true|false|null|-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?)$/.test(text)) {
      return this.#fail("wanted a value", start);
    }
    const value = JSON.parse(text) as number | boolean | null;
    if (typeof value === "number" && !Number.isFinite(value)) this.#fail("a number is too large", start);
    return value;
  }

  /** Refuses anything but white space up to the end. */
  finish(): void {
    if (this.#next() < this.#end) this.#fail("wanted the end of the header");
  }

  #text(start: number, escaped: boolean): string {
    let text: string;
    try {
      const raw = this.#decoder.decode(this.#bytes.subarray(start, this.#at));
      text = escaped ? (JSON.parse(raw) as string) : raw.slice(1, -1);
    } catch {
      return this.#fail("a string is not valid UTF-8 or has an unknown escape", start);
    }
    // With the flag u, half of a surrogate pair matches only where its other half is missing.
    if (/\p{Surrogate}/u.test(text)) this.#fail("a string holds half of a surrogate pair", start);
    return text;
  }

  #list(open: string, close: string, item: () => void): void {
    this.#expect(open.charCodeAt(0));
    const closing = close.charCodeAt(0);
    if (this.#bytes[this.#next()] !== closing) {
      item();
      while (this.#bytes[this.#next()] === COMMA) {
        this.#at++;
        item();
      }
    }
    this.#expect(closing);
  }

  /** Where the next byte stands that is not white space; the end where there is none. */
  #next(): number {
    while (this.#at < this.#end && isSpace(this.#bytes[this.#at]!)) this.#at++;
    return this.#at;
  }

  #expect(byte: number): void {
    const at = this.#next();
    if (at >= this.#end || this.#bytes[at] !== byte) this.#fail(`wanted ${String.fromCharCode(byte)}`);
    this.#at++;
  }

  #fail(rule: string, at = this.#at): never {
    throw new FormatError(this.#file, `byte ${at}`, rule);
  }
}
