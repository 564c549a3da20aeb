import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FormatError } from "../../src/errors.ts";
import { JsonReader, quoted, readJson } from "../../src/io/jsonReader.ts";

function over(text: string | Uint8Array): JsonReader {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  return new JsonReader("a.json", bytes, 0, bytes.length);
}

/** The error that a reading raises. */
function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return (error as Error).message;
  }
  throw new Error("nothing was refused");
}

describe("JsonReader", () => {
  it("reads every string that JSON.stringify writes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const reader = over(` ${JSON.stringify(text)} `);
        expect(reader.string()).toBe(text);
        reader.finish();
      }),
    );
  });

  it("reads a list of natural numbers with white space anywhere", () => {
    expect(over(" [ 0,\n10 ,\t9007199254740991 ] ").integers(3)).toEqual([0, 10, Number.MAX_SAFE_INTEGER]);
    expect(over("[]").integers(2)).toEqual([]);
  });

  it("hands each key of an object over, escaped ones and __proto__ too", () => {
    const seen = new Map<string, number>();
    const reader = over('{"a":1, "__proto__" :2,"\\u00e9\\n":3}');
    reader.object((key) => seen.set(key, reader.integer()));
    expect([...seen]).toEqual([
      ["a", 1],
      ["__proto__", 2],
      ["é\n", 3],
    ]);
  });

  it("refuses a key that comes twice, however it is spelled, and names its byte", () => {
    const reader = over('{"a":1, "\\u0061":2}');
    expect(refusal(() => reader.object(() => reader.integer()))).toBe(
      'a.json: byte 8: the key "a" comes twice',
    );
  });

  it.each([
    ["01", "byte 0: a number has a leading zero"],
    ["-0", "byte 0: wanted a natural number"],
    ["true", "byte 0: wanted a natural number"],
    ["9007199254740992", "byte 0: a number is larger than 2^53 - 1"],
    ["9".repeat(30), "byte 0: a number is larger than 2^53 - 1"],
  ])("refuses the number %s", (text, message) => {
    expect(refusal(() => over(text).integer())).toContain(message);
  });

  it.each([
    ["[1,]", "byte 3: wanted a natural number"],
    ["[1 2]", "byte 3: wanted ]"],
    ["[1e2]", "byte 2: wanted ]"],
    ["[1.0]", "byte 2: wanted ]"],
    ["[1", "byte 2: wanted ]"],
    ["1", "byte 0: wanted ["],
    ["", "byte 0: wanted ["],
    ["[1,2,3]", "byte 6: a list of more than 2 numbers"],
  ])("refuses the list %s", (text, message) => {
    expect(refusal(() => over(text).integers(2))).toContain(message);
  });

  it.each([
    ['"abc', "byte 0: a string does not end"],
    ['"abc\\', "byte 0: a string does not end"],
    ['"a\u0001"', "byte 2: a string holds a control character"],
    ['"\\x41"', "byte 0: a string is not valid UTF-8 or has an unknown escape"],
    ['"\\\n"', "byte 0: a string is not valid UTF-8 or has an unknown escape"],
    ['"\\ud800"', "byte 0: a string holds half of a surrogate pair"],
  ])("refuses the string %j", (text, message) => {
    expect(refusal(() => over(text).string())).toContain(message);
  });

  it("refuses bytes that are not UTF-8", () => {
    expect(refusal(() => over(new Uint8Array([0x22, 0xff, 0x22])).string())).toContain("not valid UTF-8");
  });

  it("refuses what follows the end", () => {
    const reader = over("[] 1");
    reader.integers(2);
    expect(refusal(() => reader.finish())).toContain("byte 3: wanted the end");
  });

  it("cuts a long key in a message", () => {
    expect(quoted("k".repeat(1000)).length).toBeLessThan(100);
    expect(quoted("k")).toBe('"k"');
  });
});

describe("readJson", () => {
  const read = (text: string) => readJson(new TextEncoder().encode(text), "a.json");

  it("reads every value that JSON.stringify writes", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        expect(JSON.stringify(read(JSON.stringify(value, null, 1)))).toBe(JSON.stringify(value));
      }),
    );
  });

  it("makes objects without prototype", () => {
    const value = read('{"__proto__":{"polluted":true},"constructor":1}') as Record<string, unknown>;
    expect(Object.getPrototypeOf(value)).toBeNull();
    expect(Object.keys(value)).toEqual(["__proto__", "constructor"]);
    expect({}).not.toHaveProperty("polluted");
  });

  it.each([
    ["", "byte 0: wanted a value"],
    ["NaN", "byte 0: wanted a value"],
    ["-Infinity", "byte 0: wanted a value"],
    ["1e999", "byte 0: a number is too large"],
    ["1".repeat(401), "byte 0: a number of more than 400 characters"],
    ["01", "byte 0: wanted a value"],
    ["[.5]", "byte 1: wanted a value"],
    ['{"a":1,"a":2}', 'byte 7: the key "a" comes twice'],
    ["[".repeat(100), "byte 65: more than 64 levels of nesting"],
    ["[1]]", "byte 3: wanted the end"],
    ["undefined", "byte 0: wanted a value"],
  ])("refuses %j", (text, message) => {
    expect(refusal(() => read(text))).toContain(message);
  });
});
