/**
 * safetensors, https://github.com/huggingface/safetensors#format, every multi-byte number little-endian (as
 * is every processor that we run on):
 *
 *   | 8 bytes: N | N bytes: JSON header, then spaces                                | data           |
 *                  {"__metadata__": {"key": "text"},
 *                   "name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}
 *
 * Offsets count from the first byte of the data, and the tensors cover the data without gap or overlap.
 */
import { ArgumentError, FormatError } from "../errors.ts";
import { JsonReader, quoted } from "./jsonReader.ts";
import {
  checkNamedArray,
  type ElementType,
  elementBytes,
  elementCount,
  type NamedArray,
  namedArray,
} from "./namedArrays.ts";

/** What the format allows, so that a reader knows a bound before it looks at the header. */
const MAX_HEADER_BYTES = 100_000_000;
const LENGTH_BYTES = 8;
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

/** Both records have no prototype, so `__proto__` is a name like any other. */
export interface Safetensors {
  readonly tensors: Record<string, NamedArray>;
  readonly metadata: Record<string, string>;
}

/** One entry of the header. */
interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

interface Header {
  readonly entries: readonly Entry[];
  readonly metadata: Record<string, string>;
  /** Where the data begins. */
  readonly end: number;
}

const emptyRecord = <T>(): Record<string, T> => Object.create(null) as Record<string, T>;

/**
 * Reads a file that may lie: every length and offset is checked before it is used, and whatever is wrong is a
 * FormatError that names the file, the place and the rule. The arrays are views of `bytes` where they are
 * aligned in memory, so `bytes` must not change afterwards.
 */
export function readSafetensors(bytes: Uint8Array, options: { readonly file?: string } = {}): Safetensors {
  const file = options.file ?? "safetensors";
  const header = readHeader(bytes, file);
  checkCover(header.entries, bytes.length - header.end, file);
  const tensors = emptyRecord<NamedArray>();
  for (const entry of header.entries) {
    const type = checkEntry(entry, file);
    const data = bytes.subarray(header.end + entry.start, header.end + entry.end);
    if (type === "bool" && data.some((byte) => byte > 1)) {
      throw new FormatError(file, `tensor ${quoted(entry.name)}`, "a bool is neither 0 nor 1");
    }
    tensors[entry.name] = namedArray(type, entry.shape, data);
  }
  return { tensors, metadata: header.metadata };
}

function readHeader(bytes: Uint8Array, file: string): Header {
  const fail = (rule: string): never => {
    throw new FormatError(file, "header", rule);
  };
  if (bytes.length < LENGTH_BYTES)
    fail(`the file has ${bytes.length} bytes, its length alone takes ${LENGTH_BYTES}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  if (length > MAX_HEADER_BYTES) fail(`its length is ${length}, more than the ${MAX_HEADER_BYTES} allowed`);
  const end = LENGTH_BYTES + length;
  if (end > bytes.length)
    fail(`its length is ${length}, but only ${bytes.length - LENGTH_BYTES} bytes follow`);
  if (bytes[LENGTH_BYTES] !== 0x7b) fail("the header must begin with {");
  const reader = new JsonReader(file, bytes, LENGTH_BYTES, end);
  const entries: Entry[] = [];
  const metadata = emptyRecord<string>();
  reader.object((name) => {
    if (name !== METADATA) entries.push(readEntry(reader, name, file));
    else {
      reader.object((key) => {
        metadata[key] = reader.string();
      });
    }
  });
  reader.finish();
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
    else if (key === "shape") shape = reader.integers();
    else if (key === "data_offsets") offsets = reader.integers();
    else fail(`unknown key ${quoted(key)}`);
  });
  if (dtype === undefined || shape === undefined || offsets === undefined) {
    return fail("dtype, shape and data_offsets must all be there");
  }
  const [start, end] = offsets;
  if (start === undefined || end === undefined || offsets.length !== 2) {
    return fail(`data_offsets must be two numbers, not ${offsets.length}`);
  }
  return { name, dtype, shape, start, end };
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

/** The element type of an entry whose shape, type and length agree. */
function checkEntry({ name, dtype, shape, start, end }: Entry, file: string): ElementType {
  const place = `tensor ${quoted(name)}`;
  const type = elementTypes.get(dtype);
  if (type === undefined) {
    const known = [...elementTypes.keys()].join(", ");
    throw new FormatError(file, place, `dtype ${quoted(dtype)} is not one of ${known}`);
  }
  const elements = elementCount(shape);
  if (elements === null) throw new FormatError(file, place, "the shape has more than 2^53 - 1 elements");
  if (elements * elementBytes(type) !== end - start) {
    const rule = `${elements} elements of ${dtype} do not fill ${end - start} bytes`;
    throw new FormatError(file, place, rule);
  }
  return type;
}

/**
 * The bytes of a file. Equal contents give equal bytes: keys are sorted, and the data lies by falling element
 * size, then by name, so that every tensor is aligned (the header is padded to a multiple of 8 bytes).
 */
export function writeSafetensors(
  tensors: Readonly<Record<string, NamedArray>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const names = Object.keys(tensors).sort();
  for (const name of names) {
    if (name === METADATA) throw new ArgumentError("writeSafetensors", "a name that is not reserved", name);
    checkText(name);
    checkNamedArray("writeSafetensors", name, tensors[name]!);
  }
  const width = (name: string) => elementBytes(tensors[name]!.dtype);
  const starts = new Map<string, number>();
  let dataBytes = 0;
  for (const name of [...names].sort((a, b) => width(b) - width(a))) {
    starts.set(name, dataBytes);
    dataBytes += tensors[name]!.data.byteLength;
  }
  const header = headerBytes(tensors, starts, metadata);
  const bytes = new Uint8Array(LENGTH_BYTES + header.length + dataBytes);
  new DataView(bytes.buffer).setUint32(0, header.length, true);
  bytes.set(header, LENGTH_BYTES);
  for (const name of names) {
    const { buffer, byteOffset, byteLength } = tensors[name]!.data;
    const at = LENGTH_BYTES + header.length + starts.get(name)!;
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
  }
  return bytes;
}

function headerBytes(
  tensors: Readonly<Record<string, NamedArray>>,
  starts: ReadonlyMap<string, number>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const members: string[] = [];
  const metadataKeys = Object.keys(metadata).sort();
  if (metadataKeys.length > 0) {
    const pairs = metadataKeys.map((key) => `${checkText(key)}:${checkText(metadata[key]!)}`);
    members.push(`"${METADATA}":{${pairs.join(",")}}`);
  }
  for (const name of Object.keys(tensors).sort()) {
    const { dtype, shape, data } = tensors[name]!;
    const start = starts.get(name)!;
    const offsets = `${start},${start + data.byteLength}`;
    members.push(
      `${checkText(name)}:{"dtype":"${fileNames[dtype]}","shape":[${shape}],"data_offsets":[${offsets}]}`,
    );
  }
  const text = new TextEncoder().encode(`{${members.join(",")}}`);
  const padded = new Uint8Array(Math.ceil(text.length / LENGTH_BYTES) * LENGTH_BYTES).fill(0x20);
  padded.set(text);
  if (padded.length > MAX_HEADER_BYTES) {
    throw new ArgumentError(
      "writeSafetensors",
      `a header of ${MAX_HEADER_BYTES} bytes at most`,
      padded.length,
    );
  }
  return padded;
}

/** A string as JSON; one that UTF-8 cannot hold is refused, since it would not come back. */
function checkText(text: string): string {
  if (typeof text !== "string" || /\p{Surrogate}/u.test(text)) {
    throw new ArgumentError("writeSafetensors", "a string without half of a surrogate pair", text);
  }
  return JSON.stringify(text);
}
