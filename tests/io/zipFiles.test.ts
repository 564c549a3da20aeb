import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FormatError } from "../../src/errors.ts";
import { bytesSource } from "../../src/io/byteSource.ts";
import { unzipFiles, zipFiles } from "../../src/io/zipFiles.ts";

describe("zipFiles", () => {
  const files = fc.dictionary(fc.string({ minLength: 1, maxLength: 9 }), fc.uint8Array({ maxLength: 40 }), {
    maxKeys: 5,
    noNullPrototype: false,
  });

  it("is undone by unzipFiles", async () => {
    await fc.assert(
      fc.asyncProperty(files, async (given) => {
        const again = await unzipFiles(zipFiles(given));
        expect(Object.entries(again)).toEqual(Object.entries(given).sort(([a], [b]) => (a < b ? -1 : 1)));
      }),
    );
  });

  it("gives the same bytes in whatever order the files come", () => {
    const [a, b] = [Uint8Array.of(1), Uint8Array.of(2)];
    expect(zipFiles({ a, b })).toEqual(zipFiles({ b, a }));
  });

  it("names the file that is no archive", async () => {
    const source = bytesSource(new Uint8Array(40), "checkpoint.zip");
    await expect(unzipFiles(source)).rejects.toThrow(FormatError);
    await expect(unzipFiles(source)).rejects.toThrow("checkpoint.zip");
  });
});
