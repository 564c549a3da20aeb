import { describe, expect, it } from "vitest";
import { FormatError } from "../../src/errors.ts";
import { bytesSource } from "../../src/io/byteSource.ts";
import { openGguf } from "../../src/io/gguf.ts";
import { readJson } from "../../src/io/jsonReader.ts";
import { openSafetensors } from "../../src/io/safetensors.ts";
import { GgufBytes } from "../support/ggufFile.ts";

const LIMIT = 100_000_000;

/** Bytes of one text again and again, up to the limit of a header. */
function repeated(head: string, text: string, tail: string): Uint8Array<ArrayBuffer> {
  const times = Math.floor((LIMIT - head.length - tail.length) / text.length);
  return Uint8Array.from(
    Buffer.concat([Buffer.from(head), Buffer.alloc(times * text.length, text), Buffer.from(tail)]),
  );
}

function safetensorsOf(header: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(8 + header.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  return bytes;
}

/** Distinct names for as many empty tensors as fit. */
function manyTensors(): Uint8Array {
  const members: string[] = [];
  for (let length = 0; length < LIMIT - 100; ) {
    const member = `"${members.length.toString(36)}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}`;
    members.push(member);
    length += member.length + 1;
  }
  return new TextEncoder().encode(`{${members.join(",")}}`);
}

describe("100 MB of header", () => {
  it.each<[string, () => Uint8Array, string]>([
    ["spaces", () => repeated("{", " ", "}x"), "wanted the end of the header"],
    ["one name", () => repeated('{"', "n", '":1}'), "wanted {"],
    ["metadata", () => repeated('{"__metadata__":{"a":"', "\\n", '"},"b":0}'), "wanted {"],
    ["one key again and again", () => repeated("{", '"__metadata__":{},', '"a":0}'), "comes twice"],
    ["a shape", () => repeated('{"a":{"shape":[1', ",1", "]}}"), "a list of more than 64 numbers"],
    ["brackets", () => repeated('{"a":', "[", "}"), "wanted {"],
    ["more tensors than any model has", manyTensors, "an object of more than 1000000 keys"],
  ])("of %s is refused", async (_, header, message) => {
    const open = openSafetensors(bytesSource(safetensorsOf(header()), "a.file"));
    await expect(open).rejects.toThrow(FormatError);
    await expect(open).rejects.toThrow(message);
  });

  it("of JSON brackets does not fill the stack", () => {
    for (const text of ["[", '{"a":', "[[],"]) {
      expect(() => readJson(repeated("", text, ""), "a.json")).toThrow(FormatError);
    }
  });

  it("of GGUF strings is refused before it is twice as long", async () => {
    const head = new GgufBytes()
      .start(0, 1)
      .string("k")
      .u32(9)
      .u32(8)
      .u64(2 ** 25)
      .bytes();
    const bytes = new Uint8Array(3 * LIMIT);
    bytes.set(head);
    await expect(openGguf(bytesSource(bytes, "a.file"))).rejects.toThrow("takes more than 100000000 bytes");
  });
});
