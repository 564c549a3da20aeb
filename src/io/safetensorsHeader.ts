/**
 * The header of safetensors, https://github.com/huggingface/safetensors#format, every multi-byte number
 * little-endian (as is every processor that we run on):
 *
 *   | 8 bytes: N | N bytes: JSON header, then spaces                                | data           |
 *                  {"__metadata__": {"key": "text"},
 *                   "name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}
 *
 * Offsets count from the first byte of the data, and the tensors cover the data without gap or overlap.
 */
import { ArgumentError, FormatError } from "../errors.ts";
import { JsonReader, quoted } from "./jsonReader.ts";
import { countOrRule, MAX_RANK } from "./lazyArray.ts";
import { type ElementType, elementBytes, elementCount } from "./namedArrays.ts";

/** What the format allows, so that a reader knows a bound before it looks at the header. */
const MAX_HEADER_BYTES = 100_000_000;
export const LENGTH_BYTES = 8;
const METADATA = "__metadata__";

const fileNames = {
  f32: "F32",
  f64: "F64",
  f16: "F16",
  bf16: "BF16",
  i32: "I32",
  i64: "I64",
  u8: "U8",
  i8: "I8",
  bool: "BOOL",
} as const satisfies Record<ElementType, string>;

const elementTypes: ReadonlyMap<string, ElementType> = /* @__PURE__ */ new Map(
  /* @__PURE__ */ Object.entries(fileNames).map(([type, fileName]) => [fileName, type as ElementType]),
);

/** One tensor of a file: where its bytes lie, counted from the start of the data. */
export interface Entry {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

export interface Header {
  readonly entries: readonly Entry[];
  /** Without prototype, so that `__proto__` is a key like any other. */
  readonly metadata: Record<string, string>;
  /** Where the data begins. */
  readonly end: number;
}

/**
 * How many bytes the header takes, with its length in front, by the first 8 of a file of `size`.
 *
 * @throws FormatError where that is more than the format allows or than the file has
 */
export function headerEnd(first: Uint8Array, size: number, file: string): number {
  const fail = (rule: string): never => {
    throw new FormatError(file, "header", rule);
  };
  if (size < LENGTH_BYTES) fail(`the file has ${size} bytes, its length alone takes ${LENGTH_BYTES}`);
  const view = new DataView(first.buffer, first.byteOffset, LENGTH_BYTES);
  const length = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  if (length > MAX_HEADER_BYTES) fail(`its length is ${length}, more than the ${MAX_HEADER_BYTES} allowed`);
  if (length > size - LENGTH_BYTES) {
    fail(`its length is ${length}, but only ${size - LENGTH_BYTES} bytes follow`);
  }
  return LENGTH_BYTES + length;
}

/** Reads and checks the header in bytes [8, end) of a file of `size`: all its entries are true, or it throws. */
export function readHeader(bytes: Uint8Array, end: number, size: number, file: string): Header {
  if (bytes[LENGTH_BYTES] !== 0x7b || end === LENGTH_BYTES) {
    throw new FormatError(file, "header", "the header must begin with {");
  }
  const reader = new JsonReader(file, bytes, LENGTH_BYTES, end);
  const entries: Entry[] = [];
  const metadata = Object.create(null) as Record<string, string>;
  reader.object((name) => {
    if (name !== METADATA) entries.push(readEntry(reader, name, file));
    else {
      reader.object((key) => {
        metadata[key] = reader.string();
      });
    }
  });
  reader.finish();
  checkCover(entries, size - end, file);
  for (const entry of entries) checkLength(entry, file);
  return { entries, metadata, end };
}

function readEntry(reader: JsonReader, name: string, file: string): Entry {
  const fail = (rule: string): never => {
    throw new FormatError(file, `tensor ${quoted(name)}`, rule);
  };
  let dtype: string | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  reader.object((key) => {
    if (key === "dtype") dtype = reader.string();
    else if (key === "shape") shape = reader.integers(MAX_RANK);
    else if (key === "data_offsets") offsets = reader.integers(MAX_RANK);
    else fail(`unknown key ${quoted(key)}`);
  });
  if (dtype === undefined || shape === undefined || offsets === undefined) {
    return fail("dtype, shape and data_offsets must all be there");
  }
  const [start, end] = offsets;
  if (start === undefined || end === undefined || offsets.length !== 2) {
    return fail(`data_offsets must be two numbers, not ${offsets.length}`);
  }
  const type = elementTypes.get(dtype);
  if (type === undefined) {
    return fail(`dtype ${quoted(dtype)} is not one of ${[...elementTypes.keys()].join(", ")}`);
  }
  return { name, type, shape, start, end };
}

/** Refuses tensors that overlap, leave a gap, or do not end where the file ends. */
function checkCover(entries: readonly Entry[], dataBytes: number, file: string): void {
  const inOrder = [...entries].sort((a, b) => a.start - b.start || a.end - b.end);
  let covered = 0;
  for (const { name, start, end } of inOrder) {
    const place = `tensor ${quoted(name)}`;
    if (end < start || end > dataBytes) {
      throw new FormatError(file, place, `data_offsets [${start}, ${end}] leave the ${dataBytes} data bytes`);
    }
    if (start !== covered) {
      const what = start < covered ? "overlaps the tensor before it" : "leaves a gap before it";
      throw new FormatError(file, place, `${what}: it starts at ${start}, wanted ${covered}`);
    }
    covered = end;
  }
  if (covered !== dataBytes) {
    throw new FormatError(file, "data", `${dataBytes} bytes are there, the tensors cover ${covered}`);
  }
}

function checkLength({ name, type, shape, start, end }: Entry, file: string): void {
  const elements = countOrRule(shape);
  if (typeof elements === "string") throw new FormatError(file, `tensor ${quoted(name)}`, elements);
  if (elements * elementBytes(type) !== end - start) {
    const rule = `${elements} elements of ${fileNames[type]} do not fill ${end - start} bytes`;
    throw new FormatError(file, `tensor ${quoted(name)}`, rule);
  }
}

/** What a file says of a tensor before its elements are needed. */
export interface ArrayDescription {
  readonly dtype: ElementType;
  readonly shape: readonly number[];
}

/** How a file is laid out: its first bytes, then the data of each tensor in this order. */
export interface Layout {
  readonly header: Uint8Array<ArrayBuffer>;
  readonly order: readonly string[];
}

/**
 * Equal contents are laid out equally: keys are sorted, and the data lies by falling element size, then by
 * name, so that every tensor is aligned (the header is padded to a multiple of 8 bytes).
 */
export function layOut(
  tensors: Readonly<Record<string, ArrayDescription>>,
  metadata: Readonly<Record<string, string>>,
): Layout {
  const names = Object.keys(tensors).sort();
  const width = (name: string) => elementBytes(tensors[name]!.dtype);
  const order = [...names].sort((a, b) => width(b) - width(a));
  const offsets = new Map<string, string>();
  let at = 0;
  for (const name of order) {
    const end = at + elementCount(tensors[name]!.shape)! * width(name);
    offsets.set(name, `[${at},${end}]`);
    at = end;
  }
  const members: string[] = [];
  const keys = Object.keys(metadata).sort();
  if (keys.length > 0) {
    const pairs = keys.map((key) => `${jsonText(key)}:${jsonText(metadata[key]!)}`);
    members.push(`"${METADATA}":{${pairs.join(",")}}`);
  }
  for (const name of names) {
    if (name === METADATA) throw new ArgumentError("writeSafetensors", "a name that is not reserved", name);
    const { dtype, shape } = tensors[name]!;
    const data = `"data_offsets":${offsets.get(name)!}`;
    members.push(`${jsonText(name)}:{"dtype":"${fileNames[dtype]}","shape":[${shape}],${data}}`);
  }
  return { header: headerBytes(`{${members.join(",")}}`), order };
}

function headerBytes(json: string): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(json);
  const length = Math.ceil(text.length / LENGTH_BYTES) * LENGTH_BYTES;
  if (length > MAX_HEADER_BYTES) {
    throw new ArgumentError("writeSafetensors", `a header of ${MAX_HEADER_BYTES} bytes at most`, length);
  }
  const bytes = new Uint8Array(LENGTH_BYTES + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(text, LENGTH_BYTES);
  return bytes;
}

/** A string as JSON; one that UTF-8 cannot hold is refused, since it would not come back. */
function jsonText(text: string): string {
  if (typeof text !== "string" || /\p{Surrogate}/u.test(text)) {
    throw new ArgumentError("writeSafetensors", "a string without half of a surrogate pair", text);
  }
  return JSON.stringify(text);
}
