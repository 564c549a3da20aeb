/** Files in one: what a page can give to download, a checkpoint for one. */
import { type ByteSource, bytesSource } from "./byteSource.ts";
import { joinBytes } from "./folder.ts";
import { openZip } from "./zip.ts";
import { writeZip } from "./zipWriter.ts";

/**
 * A zip archive of files by name, stored as they are: weights do not compress. Equal files give equal bytes.
 *
 * ```ts
 * const blob = new Blob([zipFiles(writeCheckpoint(model, optimizer, notes))]); // `lanegrad generate --model` reads it
 * ```
 *
 * @throws ArgumentError past 4 GiB or 65,534 files
 */
export function zipFiles(files: Readonly<Record<string, Uint8Array>>): Uint8Array<ArrayBuffer> {
  const names = Object.keys(files).sort();
  return joinBytes(writeZip(names.map((name) => ({ name, pieces: [files[name]!] }))));
}

/** The files of a zip archive by name, stored or deflated. @throws FormatError where it breaks the rules */
export async function unzipFiles(archive: ByteSource | Uint8Array): Promise<Record<string, Uint8Array>> {
  const source = archive instanceof Uint8Array ? bytesSource(archive, "zip") : archive;
  const files = Object.create(null) as Record<string, Uint8Array>;
  for (const entry of await openZip(source)) files[entry.name] = await entry.read();
  return files;
}
