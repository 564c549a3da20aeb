/**
 * The header of GGUF, versions 2 and 3 (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md),
 * little-endian:
 *
 *   "GGUF" | u32 version | u64 tensors | u64 pairs
 *   pairs:    string key | u32 type | value                        string: u64 bytes | UTF-8
 *   tensors:  string name | u32 axes | u64 sizes, innermost first | u32 type | u64 offset
 *   data:     from the next multiple of general.alignment (32) on; offsets count from there and are multiples too
 *
 * Nothing says how long it is.
 */
import { FormatError } from "../errors.ts";
import { viewOf } from "./byteSource.ts";
import { type BlockType, blockFormats } from "./ggufBlocks.ts";
import { quoted } from "./jsonReader.ts";
import { countOrRule } from "./lazyArray.ts";
import { type ElementType, elementBytes } from "./namedArrays.ts";

/** Integers past 2^53 are bigint. Lists of numbers are typed arrays; those of booleans have 0 and 1. */
export type GgufValue =
  | string
  | number
  | bigint
  | boolean
  | ArrayBufferView
  | readonly string[]
  | readonly GgufValue[];

/** A tensor as the header describes it; `start` counts from the start of the file. */
export interface GgufTensor {
  readonly name: string;
  readonly stored: ElementType | BlockType;
  /** Outermost first, as everywhere here. */
  readonly shape: readonly number[];
  readonly start: number;
  readonly bytes: number;
}

export interface GgufHeader {
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: readonly GgufTensor[];
}

/** The bytes at hand end before the header does; with more of them it may go on. */
export class HeaderIsLonger extends Error {
  override readonly name = "HeaderIsLonger";
}

const MAGIC = 0x46554747;
/** Of tensors, and of pairs: past what any model has, before what a hostile file could fill memory with. */
const MAX_COUNT = 1_000_000;
const MAX_AXES = 4;
const MAX_DEPTH = 4;
const DEFAULT_ALIGNMENT = 32;
const MAX_ALIGNMENT = 2 ** 20;
/** The shortest pair: an empty key, its type, a byte. The shortest tensor: no name, no axes, type and offset. */
const PAIR_BYTES = 13;
const TENSOR_BYTES = 24;

/** GGML's numbers for the types that are read. */
const tensorTypes: ReadonlyMap<number, ElementType | BlockType> = /* @__PURE__ */ new Map([
  [0, "f32"],
  [1, "f16"],
  [2, "q4_0"],
  [8, "q8_0"],
  [12, "q4_K"],
  [14, "q6_K"],
  [24, "i8"],
  [26, "i32"],
  [27, "i64"],
  [28, "f64"],
  [30, "bf16"],
]);

type NumberReader = (view: DataView, at: number) => number | bigint;
type ListClass = new (buffer: ArrayBuffer) => ArrayBufferView;

/** The metadata's types of numbers, by their number in the file: bytes, how one is read, and what holds many. */
const numberTypes: ReadonlyMap<number, readonly [number, NumberReader, ListClass]> = /* @__PURE__ */ new Map<
  number,
  readonly [number, NumberReader, ListClass]
>([
  [0, [1, (view, at) => view.getUint8(at), Uint8Array]],
  [1, [1, (view, at) => view.getInt8(at), Int8Array]],
  [2, [2, (view, at) => view.getUint16(at, true), Uint16Array]],
  [3, [2, (view, at) => view.getInt16(at, true), Int16Array]],
  [4, [4, (view, at) => view.getUint32(at, true), Uint32Array]],
  [5, [4, (view, at) => view.getInt32(at, true), Int32Array]],
  [6, [4, (view, at) => view.getFloat32(at, true), Float32Array]],
  [10, [8, (view, at) => view.getBigUint64(at, true), BigUint64Array]],
  [11, [8, (view, at) => view.getBigInt64(at, true), BigInt64Array]],
  [12, [8, (view, at) => view.getFloat64(at, true), Float64Array]],
]);
const BOOL = 7;
const STRING = 8;
const LIST = 9;

/**
 * Reads the header of a file of `size` bytes from its first ones.
 *
 * @throws HeaderIsLonger where it goes on past `bytes`, though not past the file
 * @throws FormatError where it breaks a rule
 */
export function readGgufHeader(bytes: Uint8Array, size: number, file: string): GgufHeader {
  return new HeaderReader(bytes, size, file).header();
}

class HeaderReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #size: number;
  readonly #file: string;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  #at = 0;

  constructor(bytes: Uint8Array, size: number, file: string) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.#size = size;
    this.#file = file;
  }

  header(): GgufHeader {
    if (this.#u32() !== MAGIC) this.#fail("byte 0", "it does not begin with GGUF");
    const version = this.#u32();
    if (version !== 2 && version !== 3) {
      const hint = version % 2 ** 16 === 0 ? ": the file is big-endian" : "";
      this.#fail("header", `version ${version} is not 2 or 3${hint}`);
    }
    const tensorCount = this.#count("tensors", TENSOR_BYTES);
    const pairCount = this.#count("metadata pairs", PAIR_BYTES);
    const metadata = new Map<string, GgufValue>();
    for (let i = 0; i < pairCount; i++) {
      const key = this.#string("a key");
      if (metadata.has(key)) this.#fail(`metadata ${quoted(key)}`, "the key comes twice");
      metadata.set(key, this.#value(this.#u32(), key, 0));
    }
    const alignment = this.#alignment(metadata.get("general.alignment"));
    const described = new Map<string, Omit<GgufTensor, "start"> & { readonly offset: number }>();
    for (let i = 0; i < tensorCount; i++) {
      const name = this.#string("a tensor's name");
      if (described.has(name)) this.#fail(`tensor ${quoted(name)}`, "the name comes twice");
      described.set(name, this.#tensor(name, alignment));
    }
    const data = Math.ceil(this.#at / alignment) * alignment;
    const tensors = [...described.values()].map(({ offset, ...tensor }) => ({
      ...tensor,
      start: data + offset,
    }));
    this.#checkPlaces(tensors);
    return { metadata, tensors };
  }

  #alignment(value: GgufValue | undefined): number {
    if (value === undefined) return DEFAULT_ALIGNMENT;
    if (typeof value === "number" && value >= 8 && value <= MAX_ALIGNMENT && value % 8 === 0) return value;
    return this.#fail("general.alignment", "it must be a multiple of 8 up to 2^20");
  }

  #tensor(name: string, alignment: number): Omit<GgufTensor, "start"> & { readonly offset: number } {
    const fail = (rule: string) => this.#fail(`tensor ${quoted(name)}`, rule);
    const axes = this.#u32();
    if (axes > MAX_AXES) fail(`${axes} axes, more than ${MAX_AXES}`);
    const shape = Array.from({ length: axes }, () => this.#length(`tensor ${quoted(name)}`)).reverse();
    const type = this.#u32();
    const offset = this.#length(`tensor ${quoted(name)}`);
    const stored = tensorTypes.get(type);
    if (stored === undefined) {
      return fail(`type ${type} of GGML is not one of ${[...tensorTypes.values()].join(", ")}`);
    }
    const elements = countOrRule(shape);
    if (typeof elements === "string") return fail(elements);
    if (offset % alignment !== 0) fail(`its offset ${offset} is no multiple of ${alignment}`);
    const bytes = bytesOf(stored, elements, shape.at(-1) ?? 1);
    return {
      name,
      stored,
      shape,
      bytes: bytes ?? fail(`rows of ${shape.at(-1)} are no whole blocks`),
      offset,
    };
  }

  /** Refuses tensors that overlap or leave the file; gaps fill them up to the alignment. */
  #checkPlaces(tensors: readonly GgufTensor[]): void {
    let end = 0;
    for (const { name, start, bytes } of [...tensors].sort(
      (a, b) => a.start - b.start || a.bytes - b.bytes,
    )) {
      if (start < end) this.#fail(`tensor ${quoted(name)}`, "it overlaps the tensor before it");
      end = start + bytes;
      if (end > this.#size) {
        this.#fail(`tensor ${quoted(name)}`, `bytes ${start} to ${end} leave the file's ${this.#size}`);
      }
    }
  }

  #value(type: number, key: string, depth: number): GgufValue {
    const place = `metadata ${quoted(key)}`;
    if (type === STRING) return this.#string(place);
    if (type === BOOL) return this.#bool(place);
    if (type === LIST) return this.#list(key, depth);
    const [width, read] = numberTypes.get(type) ?? this.#fail(place, `type ${type} is not known`);
    const value = read(this.#view, this.#take(width));
    const safe = typeof value === "number" || BigInt.asIntN(54, value) === value;
    return safe ? Number(value) : value;
  }

  #list(key: string, depth: number): GgufValue {
    const place = `metadata ${quoted(key)}`;
    if (depth >= MAX_DEPTH) this.#fail(place, `lists nested more than ${MAX_DEPTH} deep`);
    const type = this.#u32();
    const length = this.#length(place);
    const numbers = type === BOOL ? numberTypes.get(0) : numberTypes.get(type);
    if (numbers) {
      const [width, , ListClass] = numbers;
      const at = this.#take(length * width);
      const bytes = new Uint8Array(this.#bytes.subarray(at, at + length * width));
      if (type === BOOL && bytes.some((byte) => byte > 1)) this.#fail(place, "a bool is neither 0 nor 1");
      return new ListClass(bytes.buffer);
    }
    if (type !== STRING && type !== LIST) this.#fail(place, `type ${type} is not known`);
    // The shortest string takes 8 bytes, the shortest list 12.
    this.#need(length * 8);
    const list: GgufValue[] = [];
    for (let i = 0; i < length; i++) {
      list.push(type === STRING ? this.#string(place) : this.#list(key, depth + 1));
    }
    return list;
  }

  #bool(place: string): boolean {
    const byte = this.#bytes[this.#take(1)]!;
    if (byte > 1) this.#fail(place, "a bool is neither 0 nor 1");
    return byte === 1;
  }

  #string(place: string): string {
    const length = this.#length(place);
    const at = this.#take(length);
    try {
      return this.#decoder.decode(this.#bytes.subarray(at, at + length));
    } catch {
      return this.#fail(place, `a string at byte ${at} is not valid UTF-8`);
    }
  }

  /** A number of things that take at least `least` bytes each. */
  #count(what: string, least: number): number {
    const count = this.#length(what);
    if (count > MAX_COUNT) this.#fail("header", `${count} ${what}, more than ${MAX_COUNT}`);
    if (count * least > this.#size)
      this.#fail("header", `${count} ${what} do not fit in ${this.#size} bytes`);
    return count;
  }

  #length(place: string): number {
    const length = this.#view.getBigUint64(this.#take(8), true);
    if (length > Number.MAX_SAFE_INTEGER) this.#fail(place, `${length} is larger than 2^53 - 1`);
    return Number(length);
  }

  #u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  /** Where the next `bytes` bytes begin. */
  #take(bytes: number): number {
    this.#need(bytes);
    const at = this.#at;
    this.#at += bytes;
    return at;
  }

  #need(bytes: number): void {
    const end = this.#at + bytes;
    if (end > this.#size) this.#fail(`byte ${this.#at}`, `${bytes} bytes wanted, the file has ${this.#size}`);
    if (end > this.#bytes.length) throw new HeaderIsLonger();
  }

  #fail(place: string, rule: string): never {
    throw new FormatError(this.#file, place, rule);
  }
}

/** Null where a row is no whole number of blocks. */
function bytesOf(stored: ElementType | BlockType, elements: number, row: number): number | null {
  if (!Object.hasOwn(blockFormats, stored)) return elements * elementBytes(stored as ElementType);
  const { elements: perBlock, bytes } = blockFormats[stored as BlockType];
  return row % perBlock === 0 ? (elements / perBlock) * bytes : null;
}
