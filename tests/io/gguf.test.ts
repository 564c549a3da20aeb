import { describe, expect, it } from "vitest";
import { bytesSource } from "../../src/io/byteSource.ts";
import { openGguf } from "../../src/io/gguf.ts";
import { copyFloats, type FloatType } from "../../src/io/halfFloats.ts";
import type { NamedArray } from "../../src/io/namedArrays.ts";
import { goldenBytes, refusalOf } from "../support/files.ts";
import { GgufBytes, ggufFile } from "../support/ggufFile.ts";
import { goldenJson } from "../support/golden.ts";

type Expected = Record<string, { shape: number[]; data: number[] }>;

function numbersOf(array: NamedArray): number[] {
  const floats = new Float32Array(array.data.length);
  copyFloats(floats, array as NamedArray & { dtype: FloatType });
  return [...floats];
}

/** No tensors, one pair. */
const pair = (write: (file: GgufBytes) => GgufBytes) =>
  write(new GgufBytes().start(0, 1).string("k")).raw(new Uint8Array(64)).bytes();
/** One tensor, and 64 bytes of data. */
const tensor = (...description: Parameters<GgufBytes["tensor"]>) =>
  new GgufBytes()
    .start(1, 0)
    .tensor(...description)
    .pad()
    .raw(new Uint8Array(64))
    .bytes();

describe("openGguf", () => {
  // Written, and dequantised, by the Python package gguf.
  it("reads tensors of every kind as GGML does, to the bit", async () => {
    const { arrays } = await openGguf(bytesSource(goldenBytes("mixed.gguf")));
    const expected = goldenJson<Expected>("mixed-gguf.json");
    expect([...arrays.keys()].sort()).toEqual(Object.keys(expected).sort());
    for (const [name, array] of arrays) {
      const { shape, data } = expected[name]!;
      expect(array).toMatchObject({ stored: name, shape });
      expect(numbersOf(await array.read()), name).toEqual(data.map(Math.fround));
    }
  });

  it("reads metadata of every type", async () => {
    const { metadata } = await openGguf(bytesSource(goldenBytes("mixed.gguf")));
    expect(Object.fromEntries(metadata)).toMatchObject({
      "general.architecture": "llama",
      "general.name": "mixed",
      "llama.context_length": 32,
      "a.f32": Math.fround(0.1),
      "a.f64": 0.1,
      "a.u8": 255,
      "a.i8": -1,
      "a.u16": 65535,
      "a.i16": -300,
      "a.i32": -70000,
      "a.u64": 2n ** 64n - 1n,
      "a.i64": -(2 ** 40),
      "a.bool": true,
      "a.strings": ["x", "é", ""],
      "a.ints": Int32Array.of(1, -2, 3),
      "a.floats": Float32Array.of(0.5, Number.NaN),
      "a.bools": Uint8Array.of(1, 0),
    });
  });

  it("reads a header that is longer than what it reads first, once more", async () => {
    const text = "x".repeat(3_000_000);
    const bytes = ggufFile({
      metadata: { text, n: 7 },
      tensors: { a: { shape: [2, 1], data: Float32Array.of(1, 2) } },
    });
    const asked: number[] = [];
    const inner = bytesSource(bytes);
    const { metadata, arrays } = await openGguf({
      ...inner,
      read: (offset, length) => {
        asked.push(length);
        return inner.read(offset, length);
      },
    });
    expect(asked).toEqual([2 ** 20, 2 ** 21, bytes.length]);
    expect(metadata.get("n")).toBe(7);
    expect(await arrays.get("a")!.read()).toEqual({
      dtype: "f32",
      shape: [2, 1],
      data: Float32Array.of(1, 2),
    });
  });

  it("takes lists in lists, and keys that other objects have", async () => {
    const nested = pair((file) =>
      file.u32(9).u32(9).u64(2).u32(0).u64(1).raw(Uint8Array.of(5)).u32(8).u64(0),
    );
    const { metadata } = await openGguf(bytesSource(nested));
    expect(metadata.get("k")).toEqual([Uint8Array.of(5), []]);
    expect(metadata.get("constructor")).toBeUndefined();
  });

  const start = (...counts: Parameters<GgufBytes["start"]>) => new GgufBytes().start(...counts).bytes();
  const deep = (file: GgufBytes) => [1, 2, 3, 4, 5].reduce((list) => list.u32(9).u64(1), file.u32(9));
  it.each<[string, Uint8Array, string]>([
    ["an empty file", new Uint8Array(0), "byte 0: 4 bytes wanted, the file has 0"],
    ["another file", new Uint8Array(64), "byte 0: it does not begin with GGUF"],
    ["version 1", start(0, 0, 1), "version 1 is not 2 or 3"],
    ["a big-endian file", start(0, 0, 0x03000000), "the file is big-endian"],
    ["too many tensors", start(2n ** 40n, 0), "1099511627776 tensors, more than 1000000"],
    ["more tensors than fit", start(2, 0), "2 tensors do not fit in 24 bytes"],
    ["too many pairs", start(0, 9), "9 metadata pairs do not fit in 24 bytes"],
    ["a count past 2^53", start(2n ** 63n, 0), "is larger than 2^53 - 1"],
    ["a string past the end", pair((file) => file.u32(8).u64(1000)), "1000 bytes wanted"],
    ["a string of 2^64 bytes", pair((file) => file.u32(8).u64(2n ** 64n - 1n)), "larger than 2^53 - 1"],
    [
      "a list past the end",
      pair((file) =>
        file
          .u32(9)
          .u32(8)
          .u64(2n ** 50n),
      ),
      "bytes wanted, the file has",
    ],
    ["numbers past the end", pair((file) => file.u32(9).u32(0).u64(1000)), "1000 bytes wanted"],
    ["lists in lists in lists", pair(deep), "lists nested more than 4 deep"],
    ["an unknown type", pair((file) => file.u32(13)), 'metadata "k": type 13 is not known'],
    ["a list of an unknown type", pair((file) => file.u32(9).u32(13).u64(0)), "type 13 is not known"],
    ["a bool of 2", pair((file) => file.u32(7).raw(Uint8Array.of(2))), "neither 0 nor 1"],
    ["text that is not UTF-8", pair((file) => file.u32(8).string(Uint8Array.of(255))), "not valid UTF-8"],
    [
      "a key twice",
      new GgufBytes().start(0, 2).string("k").u32(4).u32(1).string("k").u32(4).u32(1).bytes(),
      'metadata "k": the key comes twice',
    ],
    [
      "a tensor twice",
      new GgufBytes()
        .start(2, 0)
        .tensor("a", [1], 0, 0)
        .tensor("a", [1], 0, 32)
        .raw(new Uint8Array(64))
        .bytes(),
      'tensor "a": the name comes twice',
    ],
    [
      "an overlap",
      new GgufBytes()
        .start(2, 0)
        .tensor("a", [9], 0, 0)
        .tensor("b", [1], 0, 32)
        .raw(new Uint8Array(96))
        .bytes(),
      'tensor "b": it overlaps the tensor before it',
    ],
    [
      "an alignment of no use",
      new GgufBytes().start(0, 1).string("general.alignment").u32(4).u32(3).bytes(),
      "general.alignment: it must be a multiple of 8",
    ],
    ["five axes", tensor("a", [1, 1, 1, 1, 1], 0, 0), "5 axes, more than 4"],
    ["a shape that wraps", tensor("a", [2n ** 32n, 2n ** 32n], 0, 0), "more than 2^53 - 1 elements"],
    [
      "a kind of weight that is not read",
      tensor("a", [256], 10, 0),
      "type 10 of GGML is not one of f32, f16",
    ],
    ["half a block", tensor("a", [16, 2], 8, 0), "rows of 16 are no whole blocks"],
    ["an offset between", tensor("a", [1], 0, 4), "its offset 4 is no multiple of 32"],
    ["data past the end", tensor("a", [17], 0, 0), "leave the file's 128"],
    ["an offset past the end", tensor("a", [1], 0, 2n ** 52n), "leave the file's 128"],
  ])("refuses %s", async (_, bytes, message) => {
    expect(await refusalOf(openGguf, bytes)).toContain(message);
  });
});
