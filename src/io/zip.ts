/**
 * Zip archives (PKWARE's APPNOTE.TXT), as far as numpy writes them:
 *
 *   | local header, name, extra | data | …   | directory: one entry per file | end: where the directory lies |
 *
 * Only the directory is believed; numpy leaves the sizes in local headers open. Files past 4 GiB or 65,534
 * entries need zip64, which is refused by name.
 */
import { FormatError } from "../errors.ts";
import { type ByteSource, readRange, viewOf } from "./byteSource.ts";
import { crc32 } from "./crc32.ts";
import { InflateError, inflate } from "./inflate.ts";
import { quoted } from "./jsonReader.ts";

export const LOCAL = 0x04034b50;
export const ENTRY = 0x02014b50;
export const END = 0x06054b50;
export const LOCAL_BYTES = 30;
export const ENTRY_BYTES = 46;
export const END_BYTES = 22;
const MAX_COMMENT = 0xffff;
/** In a 32- or 16-bit field: the number stands elsewhere, in zip64's own records. */
export const ELSEWHERE_32 = 0xffffffff;
export const ELSEWHERE_16 = 0xffff;
export const STORED = 0;
const DEFLATED = 8;
/** A deflate stream cannot give more than 1,032 bytes for one: 258 for two bits. */
const MOST_INFLATED = 1032;
const ENCRYPTED = 1;

/** A file in an archive. */
export interface ZipEntry {
  readonly name: string;
  /** In bytes, inflated. */
  readonly size: number;
  /** Its first bytes, `length` at most. */
  start(length: number): Promise<Uint8Array>;
  /** All of it, checked against its checksum. */
  read(): Promise<Uint8Array>;
}

/** What the directory says of an entry. */
interface Listed {
  readonly name: string;
  readonly compressed: boolean;
  readonly crc: number;
  readonly packedSize: number;
  readonly size: number;
  readonly offset: number;
  /** Where the next entry, or the directory, begins. */
  readonly limit: number;
}

/** Reads an archive's directory, and each file when it is asked for. @throws FormatError where it breaks the rules */
export async function openZip(source: ByteSource): Promise<ZipEntry[]> {
  const listed = await readDirectory(source);
  return listed.map((entry) => ({
    name: entry.name,
    size: entry.size,
    start: (length) => readStart(source, entry, length),
    read: () => readWhole(source, entry),
  }));
}

async function readDirectory(source: ByteSource): Promise<readonly Listed[]> {
  const { name: file } = source;
  const fail = (place: string, rule: string): never => {
    throw new FormatError(file, place, rule);
  };
  const { count, offset, bytes } = await findDirectory(source);
  const directory = await readRange(source, offset, bytes, "directory");
  const view = viewOf(directory);
  const names = new Set<string>();
  const listed: Omit<Listed, "limit">[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    const place = `entry ${i}`;
    if (at + ENTRY_BYTES > bytes || view.getUint32(at, true) !== ENTRY) {
      fail(place, `no entry at byte ${offset + at}`);
    }
    const method = view.getUint16(at + 10, true);
    const [crc, packedSize, size] = [16, 20, 24].map((field) => view.getUint32(at + field, true)) as [
      number,
      number,
      number,
    ];
    const nameEnd = at + ENTRY_BYTES + view.getUint16(at + 28, true);
    const localOffset = view.getUint32(at + 42, true);
    const end = nameEnd + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    if (end > bytes) fail(place, "its name or comment leaves the directory");
    const name = decodeName(directory.subarray(at + ENTRY_BYTES, nameEnd), file, place);
    if (names.has(name)) fail(place, `the name ${quoted(name)} comes twice`);
    names.add(name);
    if ([packedSize, size, localOffset].includes(ELSEWHERE_32)) fail(place, "zip64 is not supported");
    if (view.getUint16(at + 8, true) & ENCRYPTED) fail(place, "it is encrypted");
    if (method !== STORED && method !== DEFLATED) fail(place, `compression method ${method} is not known`);
    const compressed = method === DEFLATED;
    if (!compressed && packedSize !== size) fail(place, `stored, but ${packedSize} bytes become ${size}`);
    if (size > packedSize * MOST_INFLATED) fail(place, `${packedSize} bytes cannot inflate to ${size}`);
    listed.push({ name, compressed, crc, packedSize, size, offset: localOffset });
    at = end;
  }
  if (at !== bytes) fail("directory", `${bytes} bytes, its entries take ${at}`);
  return withLimits(listed, offset, file);
}

/** The record at the end, before a comment of any length. */
async function findDirectory(
  source: ByteSource,
): Promise<{ readonly count: number; readonly offset: number; readonly bytes: number }> {
  const { name: file, size } = source;
  const tailBytes = Math.min(size, END_BYTES + MAX_COMMENT);
  const tail = viewOf(await readRange(source, size - tailBytes, tailBytes, "end"));
  for (let at = tailBytes - END_BYTES; at >= 0; at--) {
    const commentEnd =
      at + END_BYTES + (tail.getUint32(at, true) === END ? tail.getUint16(at + 20, true) : 0);
    if (tail.getUint32(at, true) !== END || commentEnd !== tailBytes) continue;
    const count = tail.getUint16(at + 10, true);
    const bytes = tail.getUint32(at + 12, true);
    const offset = tail.getUint32(at + 16, true);
    if (count === ELSEWHERE_16 || bytes === ELSEWHERE_32 || offset === ELSEWHERE_32) {
      throw new FormatError(file, "end", "zip64 is not supported");
    }
    if (tail.getUint16(at + 4, true) !== 0 || tail.getUint16(at + 8, true) !== count) {
      throw new FormatError(file, "end", "an archive of several files is not supported");
    }
    if (offset + bytes !== size - tailBytes + at) {
      throw new FormatError(file, "end", `the directory [${offset}, ${offset + bytes}] does not end here`);
    }
    return { count, offset, bytes };
  }
  throw new FormatError(file, "end", "no end of a zip archive: it is cut, or something else");
}

/** Refuses entries that begin inside another: so small an archive would unpack to more than it holds. */
function withLimits(listed: readonly Omit<Listed, "limit">[], directory: number, file: string): Listed[] {
  const inOrder = [...listed].sort((a, b) => a.offset - b.offset);
  const limits = new Map(inOrder.map(({ name }, i) => [name, inOrder[i + 1]?.offset ?? directory]));
  return listed.map((entry) => {
    const limit = limits.get(entry.name)!;
    if (entry.offset + LOCAL_BYTES + entry.packedSize > limit) {
      throw new FormatError(file, `entry ${quoted(entry.name)}`, `its bytes reach past ${limit}`);
    }
    return { ...entry, limit };
  });
}

function decodeName(bytes: Uint8Array, file: string, place: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new FormatError(file, place, "its name is not valid UTF-8");
  }
}

/** Where an entry's data begin: after its local header, whose name must be the same. */
async function dataOffset(source: ByteSource, { name, offset, packedSize, limit }: Listed): Promise<number> {
  const place = `entry ${quoted(name)}`;
  const view = viewOf(await readRange(source, offset, LOCAL_BYTES, place));
  if (view.getUint32(0, true) !== LOCAL)
    throw new FormatError(source.name, place, `no file at byte ${offset}`);
  const nameBytes = view.getUint16(26, true);
  const start = offset + LOCAL_BYTES + nameBytes + view.getUint16(28, true);
  if (start + packedSize > limit) throw new FormatError(source.name, place, `its bytes reach past ${limit}`);
  const local = await readRange(source, offset + LOCAL_BYTES, nameBytes, place);
  if (decodeName(local, source.name, place) !== name) {
    throw new FormatError(source.name, place, "it has another name in front of its data");
  }
  return start;
}

async function readStart(source: ByteSource, entry: Listed, length: number): Promise<Uint8Array> {
  const place = `entry ${quoted(entry.name)}`;
  const at = await dataOffset(source, entry);
  const wanted = Math.min(length, entry.size);
  if (!entry.compressed) return readRange(source, at, wanted, place);
  const start = new Uint8Array(wanted);
  // Deflated data are at most 5 bytes longer for every 65,535 than what they hold, and codes take little more.
  const packed = await readRange(source, at, Math.min(entry.packedSize, 2 * wanted + 1024), place);
  const { written } = unpack(packed, start, source.name, place, true);
  return start.subarray(0, written);
}

async function readWhole(source: ByteSource, entry: Listed): Promise<Uint8Array> {
  const { name, compressed, crc, packedSize, size } = entry;
  const place = `entry ${quoted(name)}`;
  const packed = await readRange(source, await dataOffset(source, entry), packedSize, place);
  let whole = packed;
  if (compressed) {
    whole = new Uint8Array(size);
    const { written, read } = unpack(packed, whole, source.name, place, false);
    if (written !== size || read !== packedSize) {
      const rule = `${read} of ${packedSize} bytes inflate to ${written}, wanted ${size}`;
      throw new FormatError(source.name, place, rule);
    }
  }
  if (crc32(whole) !== crc) throw new FormatError(source.name, place, "its checksum does not match");
  return whole;
}

function unpack(packed: Uint8Array, output: Uint8Array, file: string, place: string, partly: boolean) {
  try {
    return inflate(packed, output, { partly });
  } catch (error) {
    if (!(error instanceof InflateError)) throw error;
    throw new FormatError(file, place, `${error.message} (byte ${error.at} of its data)`);
  }
}
