/**
 * numpy's format of one array (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html):
 *
 *   | 93 "NUMPY" | major, minor | 2 or 4 bytes: N | N bytes: {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } | data |
 *
 * The header is a dictionary as Python writes it, padded with spaces and a line end to a multiple of 64 bytes.
 */
import { ArgumentError, FormatError } from "../errors.ts";
import { quoted } from "./jsonReader.ts";
import { countOrRule, MAX_RANK } from "./lazyArray.ts";
import { type ElementType, elementBytes, type NamedArray, namedArray } from "./namedArrays.ts";

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** With the longer of the two lengths. */
export const NPY_PRELUDE = 12;
/** No array of at most 64 axes needs more. */
const MAX_HEADER = 10_000;
const ALIGNMENT = 64;

/** Little-endian types have `<` in front, those of one byte `|`. bf16 is not one of numpy's own. */
const descriptions = {
  f32: "<f4",
  f64: "<f8",
  f16: "<f2",
  i32: "<i4",
  i64: "<i8",
  u8: "|u1",
  i8: "|i1",
  bool: "|b1",
} as const satisfies Partial<Record<ElementType, string>>;

type NpyType = keyof typeof descriptions;

const elementTypes: ReadonlyMap<string, ElementType> = /* @__PURE__ */ new Map(
  /* @__PURE__ */ Object.entries(descriptions).map(([type, text]) => [text, type as ElementType]),
);

export interface NpyHeader {
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** Whether the first index runs fastest, as in Fortran. */
  readonly columnMajor: boolean;
  /** Where the data begin. */
  readonly end: number;
}

/** Bytes up to the data, by the first 12 of a file. */
export function npyHeaderEnd(first: Uint8Array, file: string, place: string): number {
  const fail = (rule: string): never => {
    throw new FormatError(file, place, rule);
  };
  if (first.length < NPY_PRELUDE || MAGIC.some((byte, i) => first[i] !== byte)) fail("no array of numpy");
  const major = first[6]!;
  if (major < 1 || major > 3 || first[7] !== 0) fail(`version ${major}.${first[7]} is not 1.0, 2.0 or 3.0`);
  const view = new DataView(first.buffer, first.byteOffset, NPY_PRELUDE);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MAX_HEADER) fail(`a header of ${length} bytes, more than ${MAX_HEADER}`);
  return length + (major === 1 ? 10 : 12);
}

/** Reads the header in the first `end` bytes of an array that has `size` in all, which must be what it says. */
export function readNpyHeader(
  bytes: Uint8Array,
  end: number,
  size: number,
  file: string,
  place: string,
): NpyHeader {
  const fail = (rule: string): never => {
    throw new FormatError(file, place, rule);
  };
  if (end > bytes.length) fail(`its header has ${end} bytes, but only ${bytes.length} are there`);
  const text = new TextDecoder("latin1").decode(bytes.subarray(bytes[6] === 1 ? 10 : 12, end));
  const fields = readDictionary(text, fail);
  const type = elementTypes.get(fields.descr);
  if (type === undefined) {
    return fail(`type ${quoted(fields.descr)} is not one of ${[...elementTypes.keys()].join(", ")}`);
  }
  const elements = countOrRule(fields.shape);
  if (typeof elements === "string") return fail(elements);
  if (end + elements * elementBytes(type) !== size) {
    fail(`${elements} elements of ${fields.descr} do not fill ${size - end} bytes`);
  }
  return { type, shape: fields.shape, columnMajor: fields.columnMajor, end };
}

interface Fields {
  readonly descr: string;
  readonly columnMajor: boolean;
  readonly shape: readonly number[];
}

/** A key and its value: a string, a word or a tuple, and what separates it from the next. */
const MEMBER = /\s*'([^'\\]*)'\s*:\s*(?:'([^'\\]*)'|(True|False)|\(([\d,\s]*)\))\s*(,|(?=\}))/y;

function readDictionary(text: string, fail: (rule: string) => never): Fields {
  const values = new Map<string, string>();
  const inner = /^\s*\{([\s\S]*\})\s*$/.exec(text)?.[1] ?? fail("its header is no dictionary of Python");
  const member = new RegExp(MEMBER);
  while (inner.slice(member.lastIndex).trim() !== "}") {
    const match = member.exec(inner) ?? fail("its header is not as numpy writes it");
    const [, key, string, word, tuple] = match;
    if (values.has(key!)) fail(`the key ${quoted(key!)} comes twice`);
    values.set(key!, string ?? word ?? `(${tuple!.replace(/\s/g, "")})`);
    if (values.size > 3) fail("its header has more than three keys");
  }
  const [descr, order, shape] = ["descr", "fortran_order", "shape"].map(
    (key) => values.get(key) ?? fail(`its header does not say ${key}`),
  ) as [string, string, string];
  if (order !== "True" && order !== "False") fail("fortran_order must be True or False");
  return { descr, columnMajor: order === "True", shape: readShape(shape, fail) };
}

/** () or (3,) or (2, 3): a tuple of one element ends in a comma. */
function readShape(tuple: string, fail: (rule: string) => never): readonly number[] {
  if (tuple === "()") return [];
  if (!/^\((\d{1,16},)+\)$|^\((\d{1,16},)+\d{1,16}\)$/.test(tuple))
    fail(`the shape ${quoted(tuple)} is no tuple`);
  const sizes = tuple.slice(1, -1).split(",");
  if (sizes.at(-1) === "") sizes.pop();
  if (sizes.length > MAX_RANK) fail(`the shape has more than ${MAX_RANK} axes`);
  return sizes.map(Number);
}

/** The elements of an array whose header was read, in row-major order. */
export function npyArray(
  { type, shape, columnMajor, end }: NpyHeader,
  bytes: Uint8Array,
  file: string,
  place: string,
): NamedArray {
  const data = bytes.subarray(end);
  if (type === "bool" && data.some((byte) => byte > 1)) {
    throw new FormatError(file, place, "a bool is neither 0 nor 1");
  }
  const rowMajor = columnMajor && shape.length > 1 ? transposed(data, shape, elementBytes(type)) : data;
  return namedArray(type, shape, rowMajor);
}

/** Elements of `width` bytes with the first index fastest, put in the order in which the last one is. */
function transposed(data: Uint8Array, shape: readonly number[], width: number): Uint8Array {
  const moved = new Uint8Array(data.length);
  const index = new Array<number>(shape.length).fill(0);
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((a, b) => a * b, width));
  let from = 0;
  for (let to = 0; to < data.length; to += width) {
    for (let byte = 0; byte < width; byte++) moved[to + byte] = data[from + byte]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return moved;
}

/** The header of an array as numpy's version 1.0 has it. */
export function writeNpyHeader(dtype: ElementType, shape: readonly number[]): Uint8Array<ArrayBuffer> {
  if (!Object.hasOwn(descriptions, dtype)) {
    throw new ArgumentError(
      "writeNpz",
      `one of numpy's types (${Object.keys(descriptions).join(", ")})`,
      dtype,
    );
  }
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': '${descriptions[dtype as NpyType]}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const bytes = new Uint8Array(Math.ceil((10 + text.length + 1) / ALIGNMENT) * ALIGNMENT).fill(0x20);
  bytes.set(MAGIC);
  bytes.set([1, 0], MAGIC.length);
  new DataView(bytes.buffer).setUint16(8, bytes.length - 10, true);
  bytes.set(new TextEncoder().encode(text), 10);
  bytes[bytes.length - 1] = 0x0a;
  return bytes;
}
