import { type ByteSource, blobSource, bytesSource } from "./byteSource.ts";

/** Files by name, to read: a folder on a disk, or what a page was given. */
export interface FolderSource {
  /** What errors call it. */
  readonly name: string;
  /** The names of its files, without those of folders in it. */
  list(): Promise<readonly string[]>;
  /** A file of it, or null where it has none of that name. */
  open(file: string): Promise<ByteSource | null>;
}

/** Where files are written. */
export interface FolderSink {
  /** Writes a file from pieces, which are made one at a time: no file needs to be held as a whole. */
  write(file: string, pieces: Iterable<Uint8Array>): Promise<void>;
}

/** Files in memory, by name: bytes, or Blobs such as a page's file picker gives. */
export type Files = Readonly<Record<string, Uint8Array | Blob>>;

/** A folder to read whose files are in memory. */
export function filesSource(files: Files, name = "files"): FolderSource {
  return {
    name,
    list: async () => Object.keys(files),
    open: async (file) => {
      if (!Object.hasOwn(files, file)) return null;
      const content = files[file]!;
      return content instanceof Uint8Array ? bytesSource(content, file) : blobSource(content, file);
    },
  };
}

/** A folder to write that keeps its files in memory, as `files`. */
export interface MemoryFolder extends FolderSink {
  readonly files: Record<string, Uint8Array<ArrayBuffer>>;
}

export function memoryFolder(): MemoryFolder {
  const files = Object.create(null) as Record<string, Uint8Array<ArrayBuffer>>;
  return {
    files,
    write: async (file, pieces) => {
      files[file] = joinBytes([...pieces]);
    },
  };
}

/** The pieces one behind the other. */
export function joinBytes(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
