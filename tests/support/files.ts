import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { FormatError } from "../../src/errors.ts";
import { type ByteSource, bytesSource } from "../../src/io/byteSource.ts";
import type { LazyArrays } from "../../src/io/lazyArray.ts";
import { elementCount } from "../../src/io/namedArrays.ts";

export function goldenBytes(name: string): Uint8Array {
  return readFileSync(new URL(`../golden/${name}`, import.meta.url));
}

/** A copy with bytes from `at` on replaced. */
export function patched(bytes: Uint8Array, at: number, patch: ArrayLike<number>): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy.set(patch, at);
  return copy;
}

/** The message of the FormatError that opening a file, and reading all that is in it, ends with. */
export async function refusalOf(
  open: (source: ByteSource) => Promise<{ readonly arrays: LazyArrays }>,
  bytes: Uint8Array,
): Promise<string> {
  try {
    const { arrays } = await open(bytesSource(bytes, "a.file"));
    for (const array of arrays.values()) await array.read();
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    expect((error as Error).message).toMatch(/^a\.file: /);
    return (error as Error).message;
  }
  throw new Error("nothing was refused");
}

/**
 * Opens bytes of any kind and reads all that they claim to hold. They are read, or refused with a FormatError;
 * nothing past the file is asked for, and no more is made of it than `mostMade` bytes. Says whether it was read.
 */
export async function readsOrRefuses(
  open: (source: ByteSource) => Promise<{ readonly arrays: LazyArrays }>,
  bytes: Uint8Array,
  mostMade: number,
): Promise<boolean> {
  const inner = bytesSource(bytes, "a.file");
  const outside: string[] = [];
  const source: ByteSource = {
    ...inner,
    read: (offset, length) => {
      const inside = offset >= 0 && length >= 0 && offset + length <= bytes.length;
      if (!inside) outside.push(`${offset}+${length}`);
      return inner.read(offset, length);
    },
  };
  let made = 0;
  let read = true;
  try {
    const { arrays } = await open(source);
    for (const { shape, read } of arrays.values()) {
      const array = await read();
      expect(array.shape).toEqual(shape);
      expect(elementCount(shape)).toBe(array.data.length);
      made += array.data.byteLength;
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    read = false;
  }
  expect(outside).toEqual([]);
  expect(made).toBeLessThanOrEqual(mostMade);
  return read;
}
