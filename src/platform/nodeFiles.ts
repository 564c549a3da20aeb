/** `lanegrad/node`: files and folders of Node, Deno and Bun, for what reads and writes formats. */
import { type FileHandle, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { ArgumentError } from "../errors.ts";
import type { ByteSource } from "../io/byteSource.ts";
import type { FolderSink, FolderSource } from "../io/folder.ts";

/** Bytes per read: one call cannot move 2 GiB or more. */
const PIECE = 2 ** 28;

/**
 * A file to read piece by piece. By its path it is opened for each piece and closed again, so that nothing
 * stays open and nothing needs closing; a file handle stays yours.
 *
 * @throws ArgumentError where there is no file at the path
 */
export async function fileSource(file: string | FileHandle): Promise<ByteSource> {
  if (typeof file !== "string") {
    const { size } = await file.stat();
    return { name: "file", size, read: (offset, length) => readPiece(file, offset, length) };
  }
  const { size, mtimeMs } = await withFile(file, (handle) => handle.stat());
  return {
    name: basename(file),
    size,
    read: (offset, length) =>
      withFile(file, async (handle) => {
        const now = await handle.stat();
        if (now.size !== size || now.mtimeMs !== mtimeMs) {
          throw new ArgumentError("fileSource", `${file} as it was when it was opened`, "another file");
        }
        return readPiece(handle, offset, length);
      }),
  };
}

/** A folder to read. @throws ArgumentError where there is none at the path */
export async function folderSource(path: string): Promise<FolderSource> {
  const list = async () => {
    const entries = await explained(path, () => readdir(path, { withFileTypes: true }));
    return entries.flatMap((entry) => (entry.isDirectory() ? [] : [entry.name])).sort();
  };
  await list();
  return {
    name: path,
    list,
    open: async (file) => ((await list()).includes(file) ? fileSource(join(path, file)) : null),
  };
}

/** A folder to write, made where it is not there. A file takes its name when all of it is on the disk. */
export function folderSink(path: string): FolderSink {
  return {
    write: (file, pieces) =>
      explained(path, async () => {
        if (file !== basename(file)) throw new ArgumentError("folderSink", "a name without folders", file);
        await mkdir(path, { recursive: true });
        const temporary = join(path, `.tmp-${file}`);
        try {
          await writePieces(temporary, pieces);
          await rename(temporary, join(path, file));
        } catch (error) {
          await rm(temporary, { force: true });
          throw error;
        }
      }),
  };
}

async function writePieces(path: string, pieces: Iterable<Uint8Array>): Promise<void> {
  const handle = await open(path, "w");
  try {
    for (const piece of pieces) {
      for (let at = 0; at < piece.length; ) {
        at += (await handle.write(piece, at, Math.min(PIECE, piece.length - at))).bytesWritten;
      }
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Fewer bytes where the file ends before: readers of formats say so. */
async function readPiece(handle: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const { bytesRead } = await handle.read(bytes, at, Math.min(PIECE, length - at), offset + at);
    if (bytesRead === 0) return bytes.subarray(0, at);
    at += bytesRead;
  }
  return bytes;
}

async function withFile<T>(path: string, body: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await explained(path, () => open(path, "r"));
  try {
    if ((await handle.stat()).isDirectory()) throw new ArgumentError("file", `a file at ${path}`, "a folder");
    return await body(handle);
  } finally {
    await handle.close();
  }
}

/** What the usual failures mean in a person's words. */
const reasons: ReadonlyMap<unknown, string> = new Map([
  ["ENOENT", "nothing"],
  ["ENOTDIR", "a file in its place"],
  ["EEXIST", "a file in its place"],
  ["EISDIR", "a folder"],
  ["EACCES", "no permission"],
  ["EPERM", "no permission"],
  ["EROFS", "a read-only disk"],
  ["ENOSPC", "a full disk"],
]);

async function explained<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const reason = reasons.get((error as { code?: unknown }).code);
    if (reason === undefined) throw error;
    throw new ArgumentError("file", `a file or folder at ${path}`, reason);
  }
}
