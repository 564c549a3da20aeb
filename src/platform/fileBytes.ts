import { readFileSync } from "node:fs";
import { embeddedBytes, type KernelBytes } from "./embeddedBytes.ts";

/**
 * Of the files of the package, which are there at once. A program that was bundled into one file has left them behind, and Deno would ask its
 * user for the permission to read them: then those in the bundle.
 */
export const fileBytes: KernelBytes = (file) => {
  if (!("Deno" in globalThis)) {
    try {
      return new Uint8Array(readFileSync(new URL(`../../build/${file}.wasm`, import.meta.url)));
    } catch {
      // Left behind.
    }
  }
  return embeddedBytes(file);
};
