/** npz: a zip archive with a file name.npy for each array (numpy.savez, numpy.savez_compressed). */
import { FormatError } from "../errors.ts";
import type { ByteSource } from "./byteSource.ts";
import { joinBytes } from "./folder.ts";
import { quoted } from "./jsonReader.ts";
import type { LazyArray, LazyArrays } from "./lazyArray.ts";
import { checkNamedArray, type NamedArray } from "./namedArrays.ts";
import { NPY_PRELUDE, npyArray, npyHeaderEnd, readNpyHeader, writeNpyHeader } from "./npy.ts";
import { openZip } from "./zip.ts";
import { writeZip } from "./zipWriter.ts";

const EXTENSION = ".npy";

/** Reads the header of every array, and its elements when they are asked for. @throws FormatError */
export async function openNpz(source: ByteSource): Promise<{ readonly arrays: LazyArrays }> {
  const { name: file } = source;
  const arrays = new Map<string, LazyArray>();
  for (const entry of await openZip(source)) {
    const place = `entry ${quoted(entry.name)}`;
    if (!entry.name.endsWith(EXTENSION))
      throw new FormatError(file, place, `its name must end in ${EXTENSION}`);
    const end = npyHeaderEnd(await entry.start(NPY_PRELUDE), file, place);
    const header = readNpyHeader(await entry.start(end), end, entry.size, file, place);
    const read = async () => npyArray(header, await entry.read(), file, place);
    const { type: stored, shape } = header;
    arrays.set(entry.name.slice(0, -EXTENSION.length), { stored, shape, read });
  }
  return { arrays };
}

/** The bytes of an archive that numpy.load reads; equal contents give equal bytes. bf16 is not one of numpy's types. */
export function writeNpz(tensors: Readonly<Record<string, NamedArray>>): Uint8Array<ArrayBuffer> {
  const files = Object.keys(tensors)
    .sort()
    .map((name) => {
      const array = tensors[name]!;
      checkNamedArray("writeNpz", name, array);
      const { buffer, byteOffset, byteLength } = array.data;
      const pieces = [
        writeNpyHeader(array.dtype, array.shape),
        new Uint8Array(buffer, byteOffset, byteLength),
      ];
      return { name: `${name}${EXTENSION}`, pieces };
    });
  return joinBytes(writeZip(files));
}
