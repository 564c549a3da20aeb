import { packed, sizes } from "../../build/kernels.js";
import { unpack } from "./unpack.ts";

/** A file of wasm/. */
export type KernelFile = keyof typeof sizes;

/** The bytes of a kernel file, from wherever the place has them. */
export type KernelBytes = (file: KernelFile) => Uint8Array<ArrayBuffer>;

/** Unpacked once: all files together, since they share much. */
let unpacked: Uint8Array<ArrayBuffer> | undefined;

/** Of the files that the bundle holds as text: for every place that may compile a module from bytes. */
export const embeddedBytes: KernelBytes = (file) => {
  const files = Object.keys(sizes) as KernelFile[];
  const start = files.slice(0, files.indexOf(file)).reduce((sum, name) => sum + sizes[name], 0);
  unpacked ??= unpack(
    packed,
    files.reduce((sum, name) => sum + sizes[name], 0),
  );
  return unpacked.slice(start, start + sizes[file]);
};
