import { FormatError } from "../errors.ts";

/**
 * Bytes that are read piece by piece, wherever they lie: a file of gigabytes is never held as a whole. A
 * reader of a format takes one of these and asks only for ranges that it has checked against `size`.
 */
export interface ByteSource {
  /** What errors call it: a file's name. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** The bytes [offset, offset + length), which lie inside. They may be a view of something: do not write them. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** Bytes in memory. What is read are views of them, so they must not change while somebody reads. */
export function bytesSource(bytes: Uint8Array | ArrayBuffer, name = "file"): ByteSource {
  const whole = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
  return {
    name,
    size: whole.length,
    read: async (offset, length) => whole.subarray(offset, offset + length),
  };
}

/** A Blob, or the File that a page's input element or an origin private file system gives. */
export function blobSource(blob: Blob, name = "name" in blob ? String(blob.name) : "blob"): ByteSource {
  return {
    name,
    size: blob.size,
    read: async (offset, length) => new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer()),
  };
}

/**
 * Reads a range that a file's own words ask for. `place` says whose range it is.
 *
 * @throws FormatError where the file ends before the range does, before anything is allocated for it
 */
export async function readRange(
  source: ByteSource,
  offset: number,
  length: number,
  place: string,
): Promise<Uint8Array> {
  const { name, size } = source;
  if (!(offset >= 0 && length >= 0 && offset + length <= size)) {
    throw new FormatError(name, place, `bytes ${offset} to ${offset + length} leave the file's ${size}`);
  }
  const bytes = await source.read(offset, length);
  if (bytes.length !== length) {
    throw new FormatError(name, place, `${length} bytes at ${offset}, but reading gave ${bytes.length}`);
  }
  return bytes;
}

/** A view for numbers in a file's bytes. */
export function viewOf({ buffer, byteOffset, byteLength }: ArrayBufferView): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
