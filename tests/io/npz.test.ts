import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ArgumentError } from "../../src/errors.ts";
import { bytesSource } from "../../src/io/byteSource.ts";
import type { NamedArray } from "../../src/io/namedArrays.ts";
import { openNpz, writeNpz } from "../../src/io/npz.ts";
import { anyArray, anyName, describeArray } from "../support/arrays.ts";
import { goldenBytes, refusalOf } from "../support/files.ts";
import { type ZipMember, zipFile } from "../support/zipFile.ts";

async function readAll(bytes: Uint8Array): Promise<Map<string, NamedArray>> {
  const { arrays } = await openNpz(bytesSource(bytes));
  const read = new Map<string, NamedArray>();
  for (const [name, array] of arrays) read.set(name, await array.read());
  return read;
}

/** An array of numpy with any header. */
function npy(header: string, data: Uint8Array = new Uint8Array(24), version = [1, 0]): Uint8Array {
  const text = Buffer.from(header, "latin1");
  const length = Buffer.alloc(version[0] === 1 ? 2 : 4);
  length.writeUInt16LE(text.length);
  return Buffer.concat([Buffer.from("\x93NUMPY", "latin1"), Buffer.from(version), length, text, data]);
}
const header = (shape = "(2, 3)", descr = "<f4", order = "False") =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }\n`;
const one = (bytes: Uint8Array, member: Partial<ZipMember> = {}) =>
  zipFile([{ name: "a.npy", bytes, ...member }]);

describe("openNpz", () => {
  // Written by numpy 2.4 with savez and savez_compressed.
  it.each(["numpy.npz", "numpy-compressed.npz"])("reads %s as numpy does", async (file) => {
    const arrays = await readAll(goldenBytes(file));
    const ramp = (n: number) => Float32Array.from({ length: n }, (_, i) => i);
    expect(Object.fromEntries([...arrays].filter(([name]) => name !== "many"))).toEqual({
      rows: { dtype: "f32", shape: [2, 3], data: ramp(6).map((x) => x / 4) },
      columns: { dtype: "f32", shape: [2, 3, 4], data: ramp(24) },
      half: { dtype: "f16", shape: [4], data: Uint16Array.of(0x3e00, 0xc000, 0x7bff, 1) },
      double: { dtype: "f64", shape: [1, 1], data: Float64Array.of(Math.PI) },
      whole: { dtype: "i32", shape: [2], data: Int32Array.of(-1, 2 ** 31 - 1) },
      long: { dtype: "i64", shape: [2, 2], data: BigInt64Array.of(1n, -(2n ** 62n), 3n, 4n) },
      bytes: { dtype: "u8", shape: [2], data: Uint8Array.of(0, 255) },
      signed: { dtype: "i8", shape: [2], data: Int8Array.of(-128, 127) },
      flags: { dtype: "bool", shape: [3], data: Uint8Array.of(1, 0, 1) },
      scalar: { dtype: "f32", shape: [], data: Float32Array.of(7.25) },
      empty: { dtype: "f32", shape: [0, 3], data: new Float32Array(0) },
    });
  });

  it("reads back what was written, bit for bit", async () => {
    const content = fc.dictionary(anyName, anyArray(["bf16"]), { maxKeys: 5 });
    await fc.assert(
      fc.asyncProperty(content, async (arrays) => {
        const read = await readAll(writeNpz(arrays));
        expect(new Map([...read].map(([name, array]) => [name, describeArray(array)]))).toEqual(
          new Map(Object.entries(arrays).map(([name, array]) => [name, describeArray(array)])),
        );
      }),
    );
  });

  it("reads versions 2 and 3 of the header, and an archive with a comment", async () => {
    for (const version of [
      [2, 0],
      [3, 0],
    ]) {
      const bytes = zipFile([{ name: "a.npy", bytes: npy(header(), undefined, version) }], "PK\x05\x06");
      expect((await readAll(bytes)).get("a")?.shape).toEqual([2, 3]);
    }
  });

  const bomb = npy(header("(1000000,)", "|u1"), new Uint8Array(1e6));
  it.each<[string, Uint8Array, string]>([
    ["an empty file", new Uint8Array(0), "end: no end of a zip archive"],
    ["an archive that is cut", one(npy(header())).slice(0, -1), "no end of a zip archive"],
    ["another file", one(npy(header()), { name: "a.txt" }), 'entry "a.txt": its name must end in .npy'],
    ["a name twice", zipFile([1, 2].map(() => ({ name: "a.npy", bytes: npy(header()) }))), "comes twice"],
    ["another checksum", one(npy(header()), { lies: { crc: 1 } }), "its checksum does not match"],
    ["encryption", one(npy(header()), { lies: { flags: 1 } }), "it is encrypted"],
    ["another compression", one(npy(header()), { lies: { method: 14 } }), "compression method 14"],
    ["zip64", one(npy(header()), { lies: { size: 0xffffffff } }), "zip64 is not supported"],
    [
      "a size that cannot be",
      one(bomb, { deflate: true, lies: { size: 2e9 } }),
      "cannot inflate to 2000000000",
    ],
    ["more than announced", one(bomb, { deflate: true, lies: { size: bomb.length - 1 } }), "do not fill"],
    ["a stored size that differs", one(npy(header()), { lies: { size: 5 } }), "bytes become 5"],
    ["data past the directory", one(npy(header()), { lies: { packed: 5000, size: 5000 } }), "reach past"],
    ["an offset elsewhere", one(npy(header()), { lies: { offset: 1 } }), "no file at byte 1"],
    ["another name inside", one(npy(header()), { localName: "b.npy" }), "another name in front of its data"],
    ["no array", one(new Uint8Array(50)), "no array of numpy"],
    ["a version to come", one(npy(header(), undefined, [4, 0])), "version 4.0 is not"],
    ["a header past the end", one(npy(header()).slice(0, 40)), "only 40 are there"],
    ["an object of Python", one(npy(header("(3,)", "|O"))), 'type "|O" is not one of <f4'],
    ["big-endian numbers", one(npy(header("(2, 3)", ">f4"))), 'type ">f4" is not one of <f4'],
    ["a shape too large", one(npy(header("(2, 4)"))), "8 elements of <f4 do not fill 24 bytes"],
    ["a shape that wraps", one(npy(header("(4294967296, 4294967296)"))), "more than 2^53 - 1 elements"],
    ["a negative size", one(npy(header("(-1,)"))), "not as numpy writes it"],
    ["a number as shape", one(npy(header("(6)"))), 'the shape "(6)" is no tuple'],
    ["65 axes", one(npy(header(`(${"1, ".repeat(65)})`))), "more than 64"],
    ["a key twice", one(npy(header().replace("fortran_order", "descr"))), '"descr" comes twice'],
    ["a fourth key", one(npy(header().replace("{", "{'more': 'x', "))), "more than three keys"],
    ["a missing key", one(npy("{'descr': '<f4', 'shape': (2, 3)}")), "does not say fortran_order"],
    ["another order", one(npy(header().replace("False", "(1,)"))), "must be True or False"],
    ["no dictionary", one(npy("[]")), "no dictionary of Python"],
    ["a bool of 2", one(npy(header("(1,)", "|b1"), Uint8Array.of(2))), "neither 0 nor 1"],
  ])("refuses %s", async (_, bytes, message) => {
    expect(await refusalOf(openNpz, bytes)).toContain(message);
  });
});

describe("writeNpz", () => {
  it("refuses what numpy does not know", () => {
    expect(() => writeNpz({ a: { dtype: "bf16", shape: [1], data: new Uint16Array(1) } })).toThrow(
      ArgumentError,
    );
    expect(() => writeNpz({ a: { dtype: "f32", shape: [2], data: new Float32Array(1) } })).toThrow(
      ArgumentError,
    );
  });
});
