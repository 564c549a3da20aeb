import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { ArgumentError } from "../../../src/errors.ts";
import { Automaton } from "../../../src/generation/constraint/automaton.ts";
import { constrainToJsonSchema } from "../../../src/generation/constraint/constrain.ts";
import { schemaExpression } from "../../../src/generation/constraint/jsonSchema.ts";
import { generate } from "../../../src/generation/generate.ts";
import { Random } from "../../../src/random.ts";
import { fakeModel, randomRule } from "../../support/fakeModel.ts";
import { jsonPieces, pieceTokenizer } from "../../support/pieceTokenizer.ts";
import { fastRuntime } from "../../support/runtimes.ts";
import { isValid } from "../../support/schemaValidator.ts";
import { effort } from "../../support/seed.ts";

const runtime = fastRuntime();
afterAll(() => runtime.dispose());

const tokenizer = pieceTokenizer(jsonPieces);

/** What a model that knows nothing writes by a schema. */
async function written(schema: unknown, seed: number, tokens: number): Promise<string> {
  const constraint = constrainToJsonSchema(schema, tokenizer, { depth: 1 });
  const model = fakeModel(runtime, tokenizer.vocabSize, randomRule(tokenizer.vocabSize, seed));
  let text = "";
  const options = { tokens, random: new Random(seed), tokenizer, constraint };
  for await (const record of generate(model, [0], options)) text += record.text;
  return text;
}

function reads(automaton: Automaton, text: string): boolean {
  let state = 0;
  for (const byte of new TextEncoder().encode(text)) {
    state = automaton.next(state, byte);
    if (state < 0) return false;
  }
  return automaton.accepts(state);
}

const name = fc.constantFrom("a", "name", "ü", 'quo"te', "a b");
const anySchema: fc.Arbitrary<unknown> = fc.letrec<{ schema: unknown }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom<unknown>(
      { type: "boolean" },
      { type: "null" },
      { type: "integer" },
      { type: "integer", minimum: -12.5, maximum: 107 },
      { type: "number" },
      { type: "string" },
      { type: ["string", "null"] },
      { type: "string", minLength: 1, maxLength: 4 },
      { type: "string", pattern: '^[a-cé"]{1,4}$|x' },
      { enum: ["red", 3, null, { a: [1] }] },
      { const: '\n"\u2028' },
      {},
      { $ref: "#/$defs/tree" },
    ),
    fc
      .record({ items: tie("schema"), minItems: fc.nat(2), more: fc.option(fc.nat(2), { nil: undefined }) })
      .map(({ items, minItems, more }) => {
        return {
          type: "array",
          items,
          minItems,
          ...(more === undefined ? {} : { maxItems: minItems + more }),
        };
      }),
    fc
      .uniqueArray(fc.tuple(name, tie("schema"), fc.boolean()), { selector: ([key]) => key, maxLength: 4 })
      .map((members) => ({
        type: "object",
        properties: Object.fromEntries(members.map(([key, schema]) => [key, schema])),
        required: members.filter(([, , required]) => required).map(([key]) => key),
      })),
    fc.array(tie("schema"), { minLength: 1, maxLength: 2 }).map((anyOf) => ({ anyOf })),
  ),
})).schema;

const $defs = {
  tree: {
    type: "object",
    properties: {
      value: { type: "integer" },
      left: { $ref: "#/$defs/tree" },
      rest: { type: "array", items: { $ref: "#/$defs/tree" } },
    },
    required: ["value"],
  },
};

describe("constrainToJsonSchema", () => {
  it("lets come only what parses and is valid", async () => {
    await fc.assert(
      fc.asyncProperty(
        anySchema,
        fc.nat(1000),
        fc.integer({ min: 70, max: 110 }),
        async (schema, seed, tokens) => {
          const root = { ...(schema as object), $defs };
          const text = await written(root, seed, tokens);
          if (!isValid(JSON.parse(text), root, root))
            expect.unreachable(`${text} by ${JSON.stringify(root)}`);
        },
      ),
      { numRuns: 10 * effort },
    );
  });

  it("ends in time with any number of tokens that is enough, and says how many are", async () => {
    const schema = {
      type: "object",
      properties: { name: { type: "string" }, n: { type: "integer" } },
      required: ["name", "n"],
    };

    await expect(written(schema, 1, 5)).rejects.toThrow(/^constraint: wanted at least \d+ tokens, got 5$/);
    const message = await written(schema, 1, 1).catch((error: Error) => error.message);
    const least = Number(/at least (\d+)/.exec(message as string)![1]);
    await expect(written(schema, 1, least - 1)).rejects.toThrow(ArgumentError);
    for (let tokens = least; tokens < least + 25; tokens++) {
      const value = JSON.parse(await written(schema, tokens, tokens));
      expect(isValid(value, schema, schema)).toBe(true);
    }
  });

  it("knows the integers of a range and no others", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1200, max: 1200 }), fc.nat(1200), (minimum, span) => {
        const maximum = minimum + span;
        const automaton = new Automaton(schemaExpression({ minimum, maximum }));
        for (let value = minimum - 15; value <= maximum + 15; value += 7) {
          const inside = value >= minimum && value <= maximum;
          if (reads(automaton, String(value)) !== inside) expect.unreachable(`${value}`);
        }
        for (const end of [minimum, maximum]) expect(reads(automaton, `${end}`)).toBe(true);
        for (const other of ["-0", "00", "007", "1.5", "1e2", ""])
          expect(reads(automaton, other)).toBe(false);
      }),
    );
    const open = new Automaton(schemaExpression({ type: "integer" }));
    expect(["0", "-1", "999999999999999", "-999999999999999"].every((text) => reads(open, text))).toBe(true);
    expect(reads(open, "1000000000000000")).toBe(false);
    const above = new Automaton(schemaExpression({ minimum: 5 }));
    expect(["4", "5", "12", "-7"].map((text) => reads(above, text))).toEqual([false, true, true, false]);
  });

  it("writes members in their order, with nothing or a space behind commas and colons", async () => {
    const schema = { properties: { b: { const: 1 }, a: { const: 2 } }, required: ["a", "b"] };
    for (let seed = 0; seed < 8; seed++) {
      expect(await written(schema, seed, 30)).toMatch(/^\{"b": ?1, ?"a": ?2\}$/);
    }
  });

  it.each([
    [{ type: "strin" }, "types of JSON at #/type"],
    [
      { type: "object", properties: { a: { format: "date" } } },
      "keywords that are known at #/properties/a/format",
    ],
    [{ type: "number", minimum: 1 }, "the type integer beside minimum at #"],
    [{ minimum: "1" }, "a number at #/minimum"],
    [{ maximum: null }, "a number at #/maximum"],
    [{ type: "number", multipleOf: 2 }, "keywords that are known at #/multipleOf"],
    [{ anyOf: [{ oneOf: [] }] }, "keywords that are known at #/anyOf/0/oneOf"],
    [{ anyOf: [] }, "a list of schemas at #/anyOf"],
    [{ anyOf: [true], type: "string" }, "anyOf without type beside it at #"],
    [{ enum: [] }, "a value of JSON, of the type that is named at #/enum"],
    [{ type: "string", enum: [1] }, "a value of JSON, of the type that is named at #/enum"],
    [{ const: Number.NaN }, "a value of JSON, of the type that is named at #/const"],
    [{ enum: 1 }, "a list of values at #/enum"],
    [{ $ref: "other.json" }, 'a reference within the schema, like "#/$defs/name" at #/$ref'],
    [{ $ref: "#/$defs/none" }, "a reference to what the schema has at #/$ref"],
    [{ $ref: "#/toString" }, "a reference to what the schema has at #/$ref"],
    [{ required: ["a"] }, "names that properties has at #/required"],
    [{ required: "a" }, "a list of names at #/required"],
    [{ properties: [] }, "an object of schemas at #/properties"],
    [{ properties: {}, additionalProperties: {} }, "true or false at #/additionalProperties"],
    [{ items: 1 }, "a schema at #/items"],
    [{ minItems: 2, maxItems: 1 }, "maxItems from minItems (2) on at #"],
    [{ minLength: 2, maxLength: 1 }, "maxLength from minLength (2) on at #"],
    [{ maxLength: -1 }, "a whole number from 0 on at #/maxLength"],
    [{ pattern: 1 }, "a regular expression at #/pattern"],
    [{ pattern: "a", maxLength: 3 }, "pattern without minLength or maxLength beside it at #"],
    ["text", "a schema at #"],
  ])("refuses %j", (schema, message) => {
    expect(() => schemaExpression(schema)).toThrow(ArgumentError);
    expect(() => schemaExpression(schema)).toThrow(`JSON schema: wanted ${message}, got`);
  });

  it("refuses schemas that no value is valid by, and a depth that is none", () => {
    const endless = { properties: { next: { $ref: "#" } }, required: ["next"] };
    for (const schema of [false, endless, { items: false, minItems: 1 }]) {
      expect(() => constrainToJsonSchema(schema, tokenizer)).toThrow("wanted what some text can match");
    }
    const wide = { properties: { a: { $ref: "#" }, b: { $ref: "#" }, c: { $ref: "#" } } };
    expect(() => schemaExpression(wide, { depth: 20 })).toThrow(
      "wanted a smaller schema, or a smaller depth",
    );
    const escaped = { $defs: { "a/b~": { const: 1 } }, $ref: "#/$defs/a~1b~0" };
    expect(schemaExpression(escaped)).toEqual(schemaExpression({ const: 1 }));
    expect(() => schemaExpression(true, { depth: -1 })).toThrow("a depth from 0 to 100");
  });
});
