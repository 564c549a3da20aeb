import { FormatError } from "../errors.ts";
import { decodeTokenizerFile } from "./utf8.ts";

/** The value of a JSON file. @throws FormatError for what is too large, not UTF-8 or not JSON */
export function parseJson(bytes: Uint8Array, file: string): unknown {
  try {
    return JSON.parse(decodeTokenizerFile(bytes, file));
  } catch (error) {
    if (error instanceof FormatError) throw error;
    throw new FormatError(file, "text", `JSON (${(error as Error).message})`);
  }
}

/** A value in a JSON file that knows its place, so that each rule it breaks names both. */
export class JsonView {
  readonly #value: unknown;
  readonly #file: string;
  readonly #place: string;

  constructor(value: unknown, file: string, place = "top level") {
    this.#value = value;
    this.#file = file;
    this.#place = place;
  }

  /** Null where the file has null or nothing. */
  get orNull(): JsonView | null {
    return this.#value === null || this.#value === undefined ? null : this;
  }

  get isString(): boolean {
    return typeof this.#value === "string";
  }

  /** The value of a key; one of nothing where the object lacks it. */
  get(key: string): JsonView {
    const value = Object.hasOwn(this.#object(), key) ? this.#object()[key] : undefined;
    return new JsonView(value, this.#file, this.#inside(key));
  }

  entries(): [key: string, value: unknown][] {
    return Object.entries(this.#object());
  }

  array(): JsonView[] {
    if (!Array.isArray(this.#value)) return this.fail("an array");
    return this.#value.map((value, i) => new JsonView(value, this.#file, this.#inside(String(i))));
  }

  string(): string {
    return typeof this.#value === "string" ? this.#value : this.fail("a string");
  }

  number(): number {
    const value = this.#value;
    return typeof value === "number" && Number.isFinite(value) ? value : this.fail("a finite number");
  }

  /** A number from 0 on without fraction. */
  whole(): number {
    const value = this.#value;
    return typeof value === "number" && Number.isSafeInteger(value) && value >= 0
      ? value
      : this.fail("a whole number from 0 on");
  }

  /** `missing` where the file has null or nothing. */
  boolean(missing?: boolean): boolean {
    if (this.orNull === null && missing !== undefined) return missing;
    return typeof this.#value === "boolean" ? this.#value : this.fail("true or false");
  }

  oneOf<T extends string>(...allowed: readonly T[]): T {
    const found = allowed.find((value) => value === this.#value);
    return found ?? this.fail(`one of ${allowed.join(", ")}`);
  }

  fail(wanted: string): never {
    throw new FormatError(this.#file, this.#place, `${wanted}, not ${shown(this.#value)}`);
  }

  #object(): Readonly<Record<string, unknown>> {
    const value = this.#value;
    if (typeof value !== "object" || value === null || Array.isArray(value)) return this.fail("an object");
    return value as Readonly<Record<string, unknown>>;
  }

  #inside(key: string): string {
    const short = key.length > 60 ? `${key.slice(0, 57)}...` : key;
    return this.#place === "top level" ? short : `${this.#place}.${short}`;
  }
}

function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return JSON.stringify(value).slice(0, 80);
}
