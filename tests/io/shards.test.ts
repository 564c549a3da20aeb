import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FormatError } from "../../src/errors.ts";
import { type Files, filesSource, memoryFolder } from "../../src/io/folder.ts";
import type { NamedArray } from "../../src/io/namedArrays.ts";
import { writeSafetensors } from "../../src/io/safetensors.ts";
import { openSafetensorsFolder, type ShardOptions, safetensorsFiles } from "../../src/io/shards.ts";
import { anyArray, anyName, describeArray } from "../support/arrays.ts";

async function written(tensors: Record<string, NamedArray>, options: ShardOptions): Promise<Files> {
  const folder = memoryFolder();
  for (const { name, pieces } of safetensorsFiles(tensors, (name) => tensors[name]!, options)) {
    await folder.write(name, pieces);
  }
  return folder.files;
}

const floats = (length: number): NamedArray => ({
  dtype: "f32",
  shape: [length],
  data: new Float32Array(length).fill(length),
});

describe("safetensorsFiles", () => {
  it("writes one file where all fit, and otherwise several with their index", async () => {
    const tensors = { a: floats(10), b: floats(20), c: floats(5), d: floats(100) };
    expect(Object.keys(await written(tensors, {}))).toEqual(["model.safetensors"]);
    const files = await written(tensors, { shardBytes: 139 });
    expect(Object.keys(files)).toEqual([
      "model-00001-of-00003.safetensors",
      "model-00002-of-00003.safetensors",
      "model-00003-of-00003.safetensors",
      "model.safetensors.index.json",
    ]);
    const index = new TextDecoder().decode(files["model.safetensors.index.json"] as Uint8Array);
    expect(JSON.parse(index)).toEqual({
      metadata: { total_size: 540 },
      weight_map: {
        a: "model-00001-of-00003.safetensors",
        b: "model-00001-of-00003.safetensors",
        c: "model-00002-of-00003.safetensors",
        d: "model-00003-of-00003.safetensors",
      },
    });
  });

  it("gives back what it wrote, in as many files as it takes", async () => {
    const content = fc.dictionary(anyName, anyArray(), { maxKeys: 6, noNullPrototype: false });
    await fc.assert(
      fc.asyncProperty(content, fc.integer({ min: 1, max: 200 }), async (tensors, shardBytes) => {
        const files = await written(tensors, { shardBytes, metadata: { format: "pt" }, stem: "weights" });
        const { arrays, metadata } = (await openSafetensorsFolder(filesSource(files), "weights"))!;
        expect({ ...metadata }).toEqual({ format: "pt" });
        const read = new Map<string, string>();
        for (const [name, array] of arrays) read.set(name, describeArray(await array.read()));
        const wanted = Object.entries(tensors).map(([name, array]) => [name, describeArray(array)] as const);
        expect(read).toEqual(new Map(wanted));
      }),
    );
  });
});

describe("openSafetensorsFolder", () => {
  it("says null where there is no model", async () => {
    expect(await openSafetensorsFolder(filesSource({ "config.json": new Uint8Array(2) }))).toBeNull();
  });

  const shard = writeSafetensors({ a: floats(1) });
  const folder = (index: string): Files => ({
    "model.safetensors.index.json": new TextEncoder().encode(index),
    "s.safetensors": shard,
  });
  const map = (entries: string) => `{"weight_map":{${entries}}}`;
  it.each([
    ["a file elsewhere", map('"a":"../s.safetensors"'), 'tensor "a": "../s.safetensors" is no name'],
    ["an absolute path", map('"a":"/s.safetensors"'), "is no name"],
    ["a path of Windows", map('"a":"c:s.safetensors"'), "is no name"],
    ["another kind of file", map('"a":"s.bin"'), "is no name"],
    ["a missing file", map('"a":"t.safetensors"'), 'weight_map: there is no file "t.safetensors"'],
    ["a tensor that is not there", map('"a":"s.safetensors","b":"s.safetensors"'), "does not have it"],
    ["a tensor too many", map('"b":"s.safetensors"'), 'tensor "a": s.safetensors has it'],
    ["a name twice", map('"a":"s.safetensors","a":"s.safetensors"'), "comes twice"],
    ["an empty map", map(""), "weight_map: it must be there"],
    ["no map", '{"metadata":{"total_size":1e9,"x":[null,true]}}', "weight_map: it must be there"],
    ["no JSON", "NaN", "byte 0: wanted {"],
    ["metadata that are cut", '{"metadata":{', "byte 13: wanted"],
  ])("refuses %s", async (_, index, message) => {
    const open = openSafetensorsFolder(filesSource(folder(index)));
    await expect(open).rejects.toThrow(FormatError);
    await expect(open).rejects.toThrow(`model.safetensors.index.json: `);
    await expect(open).rejects.toThrow(message);
  });
});
