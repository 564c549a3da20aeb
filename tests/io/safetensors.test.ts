import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ArgumentError, FormatError } from "../../src/errors.ts";
import { blobSource, bytesSource } from "../../src/io/byteSource.ts";
import type { NamedArray } from "../../src/io/namedArrays.ts";
import {
  openSafetensors,
  readSafetensors,
  type Safetensors,
  writeSafetensors,
} from "../../src/io/safetensors.ts";
import { anyArray, anyName, describeArray } from "../support/arrays.ts";
import { patched, refusalOf } from "../support/files.ts";

/** A file of any header text, true or not, and that many data bytes. */
function fileOf(header: string, dataBytes = 0, length?: number | bigint): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length ?? text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const entry = (start: number, end: number, shape: string, dtype = "F32") =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${start},${end}]}`;

const anyContent: fc.Arbitrary<Safetensors> = fc.record({
  tensors: fc.dictionary(anyName, anyArray(), { maxKeys: 5, noNullPrototype: false }),
  metadata: fc.dictionary(anyName, fc.string(), { maxKeys: 3, noNullPrototype: false }),
});

/** Contents in a form that toEqual compares bit for bit, NaNs included. */
const plain = ({ tensors, metadata }: Safetensors) => ({
  tensors: new Map(Object.keys(tensors).map((name) => [name, describeArray(tensors[name]!)])),
  metadata: new Map(Object.entries(metadata)),
});

describe("writeSafetensors", () => {
  it("writes these bytes", () => {
    const bytes = writeSafetensors({
      b: { dtype: "f32", shape: [2], data: new Float32Array([1, -2]) },
      a: { dtype: "u8", shape: [], data: new Uint8Array([7]) },
    });
    const header =
      '{"a":{"dtype":"U8","shape":[],"data_offsets":[8,9]},' +
      '"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}';
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
    const expected = fileOf(padded, 9);
    expected.set([0, 0, 128, 63, 0, 0, 0, 192, 7], expected.length - 9);
    expect(bytes).toEqual(expected);
  });

  it("gives equal bytes for equal contents, in whatever order they come", () => {
    fc.assert(
      fc.property(anyContent, ({ tensors, metadata }) => {
        const reversed = (record: object) => Object.fromEntries(Object.entries(record).reverse());
        expect(writeSafetensors(reversed(tensors), reversed(metadata))).toEqual(
          writeSafetensors(tensors, metadata),
        );
      }),
    );
  });

  it("aligns every tensor in the file", () => {
    fc.assert(
      fc.property(anyContent, ({ tensors, metadata }) => {
        const bytes = writeSafetensors(tensors, metadata);
        const read = readSafetensors(bytes).tensors;
        for (const { data } of Object.values(read)) expect(data.buffer).toBe(bytes.buffer);
      }),
    );
  });

  it("refuses what would not come back", () => {
    const data = new Float32Array(2);
    expect(() => writeSafetensors({ a: { dtype: "f32", shape: [3], data } })).toThrow(ArgumentError);
    expect(() => writeSafetensors({ __metadata__: { dtype: "f32", shape: [2], data } })).toThrow("reserved");
    expect(() => writeSafetensors({ "\ud800": { dtype: "f32", shape: [2], data } })).toThrow(ArgumentError);
    expect(() => writeSafetensors({}, { a: "\udc00" })).toThrow(ArgumentError);
  });
});

describe("readSafetensors", () => {
  it("reads back what was written, bit for bit, wherever the bytes lie in memory", () => {
    fc.assert(
      fc.property(anyContent, fc.nat(8), (content, shift) => {
        const written = writeSafetensors(content.tensors, content.metadata);
        const shifted = new Uint8Array(written.length + shift);
        shifted.set(written, shift);
        expect(plain(readSafetensors(shifted.subarray(shift)))).toEqual(plain(content));
      }),
    );
  });

  it("reads a header with spaces and metadata as other programs write it", () => {
    const header = `{"__metadata__": {"format": "pt"}, "w": ${entry(0, 12, "[3, 1]")}}   `;
    const { tensors, metadata } = readSafetensors(fileOf(header, 12));
    expect(metadata.format).toBe("pt");
    expect(tensors.w).toEqual({ dtype: "f32", shape: [3, 1], data: new Float32Array(3) });
  });

  it("copies a tensor that other programs left unaligned", () => {
    const file = fileOf(`{"a":${entry(0, 1, "[1]", "I8")},"b":${entry(1, 9, "[2]")}}`, 9);
    file.set([255, 0, 0, 128, 63, 0, 0, 0, 64], file.length - 9);
    const { tensors } = readSafetensors(file);
    expect(tensors.a!.data).toEqual(new Int8Array([-1]));
    expect(tensors.b!.data).toEqual(new Float32Array([1, 2]));
  });

  it("does not let a name touch a prototype", () => {
    const { tensors } = readSafetensors(fileOf(`{"__proto__":${entry(0, 4, "[1]")}}`, 4));
    expect(Object.keys(tensors)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(tensors)).toBeNull();
    expect({}).not.toHaveProperty("dtype");
  });

  const boolHeader = `{"a":${entry(0, 1, "[1]", "BOOL")}}`;
  const two = (a: string, b: string) => `{"a":${a},"b":${b}}`;
  it.each<[string, Uint8Array, string]>([
    ["an empty file", new Uint8Array(0), "header: the file has 0 bytes"],
    ["a length that is cut", new Uint8Array(7), "header: the file has 7 bytes"],
    ["no header", fileOf(""), "header: the header must begin with {"],
    ["a header past the end", fileOf("{}", 0, 3), "header: its length is 3, but only 2 bytes follow"],
    ["a header past the limit", fileOf("{}", 0, 100_000_001), "more than the 100000000 allowed"],
    ["a header of 2^64 - 1 bytes", fileOf("{}", 0, 2n ** 64n - 1n), "more than the 100000000 allowed"],
    ["something after the header", fileOf("{} x"), "byte 11: wanted the end"],
    ["a space before it", fileOf(" {}"), "must begin with {"],
    ["a list as header", fileOf("[]"), "must begin with {"],
    ["a name twice", fileOf(`{"a":${entry(0, 4, "[1]")},"a":${entry(0, 4, "[1]")}}`, 4), '"a" comes twice'],
    ["a field twice", fileOf('{"a":{"dtype":"F32","dtype":"F32"}}'), '"dtype" comes twice'],
    ["a missing field", fileOf('{"a":{"dtype":"F32","shape":[]}}', 4), "must all be there"],
    ["an unknown field", fileOf('{"a":{"strides":[1]}}'), 'tensor "a": unknown key "strides"'],
    ["an unknown dtype", fileOf(`{"a":${entry(0, 4, "[1]", "F8_E4M3")}}`, 4), '"F8_E4M3" is not one of F32'],
    ["three offsets", fileOf('{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1,2]}}'), "two numbers, not 3"],
    ["a shape with a fraction", fileOf(`{"a":${entry(0, 4, "[1.0]")}}`, 4), "wanted ]"],
    ["a negative size", fileOf(`{"a":${entry(0, 4, "[-1]")}}`, 4), "wanted a natural number"],
    ["metadata that is no text", fileOf('{"__metadata__":{"a":1}}'), 'wanted "'],
    [
      "offsets that run backwards",
      fileOf(`{"a":${entry(4, 0, "[1]")}}`, 4),
      "offsets [4, 0] leave the 4 data",
    ],
    [
      "offsets past the end",
      fileOf(`{"a":${entry(0, 8, "[2]")}}`, 7),
      "offsets [0, 8] leave the 7 data bytes",
    ],
    ["an overlap", fileOf(two(entry(0, 8, "[2]"), entry(4, 12, "[2]")), 12), 'tensor "b": overlaps'],
    ["the same bytes twice", fileOf(two(entry(0, 8, "[2]"), entry(0, 8, "[2]")), 8), "overlaps"],
    ["a gap", fileOf(two(entry(0, 4, "[1]"), entry(8, 12, "[1]")), 12), 'tensor "b": leaves a gap'],
    [
      "a gap at the start",
      fileOf(`{"a":${entry(4, 8, "[1]")}}`, 8),
      "leaves a gap before it: it starts at 4",
    ],
    [
      "data of nobody",
      fileOf(`{"a":${entry(0, 4, "[1]")}}`, 5),
      "data: 5 bytes are there, the tensors cover 4",
    ],
    ["a shape too small", fileOf(`{"a":${entry(0, 8, "[1]")}}`, 8), "1 elements of F32 do not fill 8 bytes"],
    ["a shape that wraps", fileOf(`{"a":${entry(0, 0, `[${2 ** 32},${2 ** 32}]`)}}`), "more than 2^53 - 1"],
    ["a bool of 2", patched(fileOf(boolHeader, 1), 8 + boolHeader.length, [2]), "neither 0 nor 1"],
    ["65 axes", fileOf(`{"a":${entry(0, 4, `[${"1,".repeat(64)}1]`)}}`, 4), "a list of more than 64 numbers"],
  ])("refuses %s", async (_, bytes, message) => {
    const read = () => readSafetensors(bytes, { file: "model.safetensors" });
    expect(read).toThrow(FormatError);
    expect(read).toThrow(/^model\.safetensors: /);
    expect(read).toThrow(message);
    expect(await refusalOf(openSafetensors, bytes)).toContain(message);
  });
});

describe("openSafetensors", () => {
  it("reads from bytes, a buffer or a Blob what readSafetensors reads", async () => {
    await fc.assert(
      fc.asyncProperty(anyContent, async ({ tensors, metadata }) => {
        const bytes = writeSafetensors(tensors, metadata);
        for (const source of [bytesSource(bytes), bytesSource(bytes.buffer), blobSource(new Blob([bytes]))]) {
          const open = await openSafetensors(source);
          expect({ ...open.metadata }).toEqual({ ...metadata });
          const read: Record<string, NamedArray> = Object.create(null);
          for (const [name, array] of open.arrays) read[name] = await array.read();
          expect(plain({ tensors: read, metadata })).toEqual(plain({ tensors, metadata }));
        }
      }),
    );
  });

  it("reads the header first and then no more than the tensor that is asked for", async () => {
    const data = new Float32Array(1000).fill(0.5);
    const bytes = writeSafetensors({
      a: { dtype: "f32", shape: [1000], data },
      b: { dtype: "f32", shape: [1000], data },
    });
    const inner = bytesSource(bytes);
    let asked = 0;
    const read = (offset: number, length: number) => {
      asked += length;
      return inner.read(offset, length);
    };
    const { arrays } = await openSafetensors({ ...inner, read });
    expect(asked).toBeLessThan(300);
    asked = 0;
    const { data: got } = await arrays.get("b")!.read();
    expect(asked).toBe(4000);
    expect(got.buffer).toBe(bytes.buffer);
  });

  it("refuses a source that gives fewer bytes than it has", async () => {
    const bytes = writeSafetensors({ a: { dtype: "f32", shape: [2], data: new Float32Array(2) } });
    const source = { name: "cut", size: bytes.length + 8, read: bytesSource(bytes).read };
    await expect(openSafetensors(source)).rejects.toThrow("cut: data: 16 bytes are there");
    const shorter = { ...bytesSource(bytes, "cut"), read: async () => bytes.subarray(0, 4) };
    await expect(openSafetensors(shorter)).rejects.toThrow("cut: header: 8 bytes at 0, but reading gave 4");
  });
});
