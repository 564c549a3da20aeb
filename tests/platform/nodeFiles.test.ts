import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ArgumentError } from "../../src/errors.ts";
import { fileSource, folderSink, folderSource } from "../../src/platform/nodeFiles.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lanegrad-files-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});
const bytes = Uint8Array.of(1, 2, 3, 4, 5);

describe("fileSource", () => {
  it("reads pieces of a file, by its path or by a handle that stays open", async () => {
    const path = join(folder, "a.bin");
    writeFileSync(path, bytes);
    const handle = await open(path);
    for (const source of [await fileSource(path), await fileSource(handle)]) {
      expect(source.size).toBe(5);
      expect(await source.read(1, 3)).toEqual(Uint8Array.of(2, 3, 4));
      expect(await source.read(3, 5)).toEqual(Uint8Array.of(4, 5));
      expect(await source.read(5, 0)).toEqual(new Uint8Array(0));
    }
    expect((await fileSource(path)).name).toBe("a.bin");
    await handle.close();
  });

  it("refuses a file that changed in between", async () => {
    const path = join(folder, "a.bin");
    writeFileSync(path, bytes);
    const source = await fileSource(path);
    writeFileSync(path, new Uint8Array(6));
    await expect(source.read(0, 1)).rejects.toThrow(ArgumentError);
  });

  it("says what is there instead of a file", async () => {
    await expect(fileSource(join(folder, "none"))).rejects.toThrow('got "nothing"');
    await expect(fileSource(folder)).rejects.toThrow('got "a folder"');
  });
});

describe("folderSource", () => {
  it("lists and opens the files of a folder, and nothing outside it", async () => {
    mkdirSync(join(folder, "inner"));
    writeFileSync(join(folder, "b"), bytes);
    writeFileSync(join(folder, "inner/c"), bytes);
    const inner = await folderSource(join(folder, "inner"));
    expect(await (await folderSource(folder)).list()).toEqual(["b"]);
    expect(await inner.list()).toEqual(["c"]);
    expect((await inner.open("c"))?.size).toBe(5);
    for (const name of ["../b", "b", "", "."]) expect(await inner.open(name)).toBeNull();
  });

  it("refuses what is no folder", async () => {
    writeFileSync(join(folder, "b"), bytes);
    await expect(folderSource(join(folder, "none"))).rejects.toThrow(ArgumentError);
    await expect(folderSource(join(folder, "b"))).rejects.toThrow("a file in its place");
  });
});

describe("folderSink", () => {
  it("makes the folder and writes the pieces one behind the other", async () => {
    const sink = folderSink(join(folder, "new/one"));
    await sink.write("a", [bytes, new Uint8Array(0), bytes]);
    await sink.write("a", [bytes]);
    expect(readdirSync(join(folder, "new/one"))).toEqual(["a"]);
    expect(Uint8Array.from(readFileSync(join(folder, "new/one/a")))).toEqual(bytes);
  });

  it("leaves what was there where the pieces fail", async () => {
    const sink = folderSink(folder);
    await sink.write("a", [bytes]);
    const failing = function* () {
      yield new Uint8Array(9);
      throw new Error("no more");
    };
    await expect(sink.write("a", failing())).rejects.toThrow("no more");
    expect(readdirSync(folder)).toEqual(["a"]);
    expect(readFileSync(join(folder, "a"))).toHaveLength(5);
  });

  it("refuses a name with folders, and a folder that cannot be", async () => {
    await expect(folderSink(folder).write("../a", [bytes])).rejects.toThrow(ArgumentError);
    writeFileSync(join(folder, "file"), bytes);
    await expect(folderSink(join(folder, "file")).write("a", [bytes])).rejects.toThrow("a file in its place");
  });
});
