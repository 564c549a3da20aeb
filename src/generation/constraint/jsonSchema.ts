import { ArgumentError } from "../../errors.ts";
import { everyCharacter } from "./characterSet.ts";
import { character, type Expression, either, literal, never, repeat, sequence } from "./expression.ts";
import { integersBetween, LARGEST_INTEGER } from "./integerRange.ts";
import {
  anyArray,
  anyObject,
  anyValue,
  arrayOf,
  exactly,
  number,
  objectOf,
  stringOfLength,
  stringThat,
} from "./jsonText.ts";
import { parseRegex } from "./regexParser.ts";

export interface JsonSchemaOptions {
  /**
   * How deep a `$ref` may be nested within itself, and how deep values are nested that no schema describes.
   * Each level multiplies the states. Default 2.
   */
  readonly depth?: number;
}

type Schema = Readonly<Record<string, unknown>>;
type Type = "null" | "boolean" | "integer" | "number" | "string" | "array" | "object";

/** What says something about a schema, not about values. */
const annotations = new Set([
  ..."title description default examples deprecated readOnly writeOnly".split(" "),
  ..."$schema $id $comment $defs definitions".split(" "),
]);
/** By keyword, the type that it speaks of. */
const keywordTypes: Readonly<Record<string, Type>> = {
  minimum: "integer",
  maximum: "integer",
  minLength: "string",
  maxLength: "string",
  pattern: "string",
  items: "array",
  minItems: "array",
  maxItems: "array",
  properties: "object",
  required: "object",
  additionalProperties: "object",
};
const everyType: readonly Type[] = ["null", "boolean", "number", "string", "array", "object"];

/**
 * The JSON texts that are valid by a schema, of JSON Schema 2020-12:
 *
 * - `type` (one or a list), `enum`, `const`, `anyOf`, `$ref` within the schema (`#/$defs/…`), `true` and `{}`
 *   for any value
 * - of integers `minimum` and `maximum`
 * - of strings `minLength` and `maxLength`, or `pattern`; of arrays `items`, `minItems`, `maxItems`
 * - of objects `properties`, `required`, and `additionalProperties` as true or false: others never come, and
 *   those that come stand in the order of `properties`
 *
 * Numbers have up to 15 digits on each side of the point, so they are finite. Between tokens stands nothing,
 * or one space after a comma or a colon. Annotations like `title` are ignored.
 *
 * @throws ArgumentError for any other keyword, with the place: what is not understood is not ignored
 */
export function schemaExpression(root: unknown, { depth = 2 }: JsonSchemaOptions = {}): Expression {
  if (!Number.isInteger(depth) || depth < 0 || depth > DEEPEST) {
    throw new ArgumentError("JSON schema", `a depth from 0 to ${DEEPEST}`, depth);
  }
  return new SchemaReader(root, depth).read(root, "#");
}

/** Schemas within a schema, each time that a reference leads to them. */
const MOST_READS = 20_000;
const DEEPEST = 100;

class SchemaReader {
  readonly #root: unknown;
  readonly #depth: number;
  #reads = 0;
  /** References that are being read, and how often. */
  readonly #open = new Map<string, number>();

  constructor(root: unknown, depth: number) {
    this.#root = root;
    this.#depth = depth;
  }

  read(schema: unknown, place: string): Expression {
    if (++this.#reads > MOST_READS) fail("a smaller schema, or a smaller depth", place, this.#depth);
    if (schema === true) return anyValue(this.#depth);
    if (schema === false) return never;
    if (!isRecord(schema)) return fail("a schema", place, schema);
    const keywords = Object.keys(schema).filter((keyword) => !annotations.has(keyword));
    for (const alone of ["$ref", "anyOf", "const", "enum"]) {
      if (!keywords.includes(alone)) continue;
      const others = keywords.filter(
        (keyword) => keyword !== alone && !(keyword === "type" && isListed(alone)),
      );
      if (others.length > 0) fail(`${alone} without ${others[0]} beside it`, place, others);
    }
    if ("$ref" in schema) return this.#reference(schema.$ref, place);
    if ("anyOf" in schema) return this.#anyOf(schema.anyOf, `${place}/anyOf`);
    if ("const" in schema) return listed([schema.const], typesOf(schema, place), `${place}/const`);
    if ("enum" in schema) return listed(schema.enum, typesOf(schema, place), `${place}/enum`);
    const unknown = keywords.find((keyword) => keyword !== "type" && !Object.hasOwn(keywordTypes, keyword));
    if (unknown !== undefined) return fail("keywords that are known", `${place}/${unknown}`, unknown);
    return either(...typesOf(schema, place).map((type) => this.#typed(type, schema, place)));
  }

  #typed(type: Type, schema: Schema, place: string): Expression {
    switch (type) {
      case "null":
        return literal("null");
      case "boolean":
        return either(literal("true"), literal("false"));
      case "integer":
        return integerBy(schema, place);
      case "number":
        return numberBy(schema, place);
      case "string":
        return stringBy(schema, place);
      case "array":
        return this.#array(schema, place);
      case "object":
        return this.#object(schema, place);
    }
  }

  #array(schema: Schema, place: string): Expression {
    const least = count(schema, "minItems", 0, place);
    const most = count(schema, "maxItems", Number.POSITIVE_INFINITY, place);
    if (most < least) fail(`maxItems from minItems (${least}) on`, place, most);
    if (schema.items !== undefined) return arrayOf(this.read(schema.items, `${place}/items`), least, most);
    const plain = least === 0 && most === Number.POSITIVE_INFINITY;
    return plain ? anyArray(this.#depth) : arrayOf(anyValue(Math.max(0, this.#depth - 1)), least, most);
  }

  #object(schema: Schema, place: string): Expression {
    const { properties = {}, required = [], additionalProperties = true } = schema;
    if (!isRecord(properties)) return fail("an object of schemas", `${place}/properties`, properties);
    if (!isListOfStrings(required)) return fail("a list of names", `${place}/required`, required);
    if (typeof additionalProperties !== "boolean")
      fail("true or false", `${place}/additionalProperties`, additionalProperties);
    const missing = required.find((name) => !Object.hasOwn(properties, name));
    if (missing !== undefined) fail("names that properties has", `${place}/required`, missing);
    if (schema.properties === undefined && additionalProperties === true) return anyObject(this.#depth);
    return objectOf(
      Object.entries(properties).map(([name, value]) => ({
        name,
        value: this.read(value, `${place}/properties/${name}`),
        required: required.includes(name),
      })),
    );
  }

  #anyOf(options: unknown, place: string): Expression {
    if (!Array.isArray(options) || options.length === 0) return fail("a list of schemas", place, options);
    return either(...options.map((option, i) => this.read(option, `${place}/${i}`)));
  }

  /**
   * What a reference leads to; nothing at all where it is nested too deep, so that its parents do without it.
   */
  #reference(reference: unknown, place: string): Expression {
    if (typeof reference !== "string" || !/^#(\/|$)/.test(reference)) {
      return fail('a reference within the schema, like "#/$defs/name"', `${place}/$ref`, reference);
    }
    const opened = this.#open.get(reference) ?? 0;
    if (opened > this.#depth) return never;
    this.#open.set(reference, opened + 1);
    const expression = this.read(this.#find(reference, place), reference);
    this.#open.set(reference, opened);
    return expression;
  }

  /** Follows a JSON pointer (RFC 6901), which may hold any character as it is. */
  #find(reference: string, place: string): unknown {
    let found = this.#root;
    for (const part of reference.split("/").slice(1)) {
      const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
      if (typeof found !== "object" || found === null || !Object.hasOwn(found, key)) {
        return fail("a reference to what the schema has", `${place}/$ref`, reference);
      }
      found = (found as Schema)[key];
    }
    return found;
  }
}

const isListed = (keyword: string) => keyword === "const" || keyword === "enum";

/** The types that a schema names; else those that its keywords speak of; else all. */
function typesOf(schema: Schema, place: string): readonly Type[] {
  if (schema.type === undefined) {
    const spoken = Object.keys(schema).flatMap((keyword) =>
      Object.hasOwn(keywordTypes, keyword) ? [keywordTypes[keyword]!] : [],
    );
    return spoken.length > 0 ? [...new Set(spoken)] : everyType;
  }
  const types: readonly unknown[] = Array.isArray(schema.type) ? schema.type : [schema.type];
  const known = types.filter((type): type is Type => type === "integer" || everyType.includes(type as Type));
  if (known.length < types.length || known.length === 0) fail("types of JSON", `${place}/type`, schema.type);
  return known;
}

/** The values of a list that are of the types. */
function listed(values: unknown, types: readonly Type[], place: string): Expression {
  if (!Array.isArray(values)) return fail("a list of values", place, values);
  const fitting = values.filter((value) => types.some((type) => isOfType(value, type)));
  if (fitting.length === 0) fail("a value of JSON, of the type that is named", place, values);
  return either(...fitting.map(exactly));
}

function isOfType(value: unknown, type: Type): boolean {
  switch (type) {
    case "null":
      return value === null;
    case "integer":
      return Number.isInteger(value);
    case "number":
      return Number.isFinite(value);
    case "array":
      return Array.isArray(value);
    case "object":
      return isRecord(value);
    case "boolean":
      return typeof value === "boolean";
    case "string":
      return typeof value === "string";
  }
}

function integerBy(schema: Schema, place: string): Expression {
  const { minimum = -LARGEST_INTEGER, maximum = LARGEST_INTEGER } = schema;
  if (typeof minimum !== "number") return fail("a number", `${place}/minimum`, minimum);
  if (typeof maximum !== "number") return fail("a number", `${place}/maximum`, maximum);
  return integersBetween(Math.ceil(minimum), Math.floor(maximum));
}

function numberBy(schema: Schema, place: string): Expression {
  const bound = ["minimum", "maximum"].find((keyword) => keyword in schema);
  return bound === undefined ? number : fail(`the type integer beside ${bound}`, place, "number");
}

function stringBy(schema: Schema, place: string): Expression {
  const least = count(schema, "minLength", 0, place);
  const most = count(schema, "maxLength", Number.POSITIVE_INFINITY, place);
  if (most < least) fail(`maxLength from minLength (${least}) on`, place, most);
  const { pattern } = schema;
  if (pattern === undefined) return stringOfLength(least, most);
  if (typeof pattern !== "string") return fail("a regular expression", `${place}/pattern`, pattern);
  if (least > 0 || most < Number.POSITIVE_INFINITY) {
    fail("pattern without minLength or maxLength beside it", place, pattern);
  }
  const anything = repeat(character(everyCharacter), 0, Number.POSITIVE_INFINITY);
  const options = parseRegex(pattern).map(({ expression, fromStart, toEnd }) =>
    sequence(...(fromStart ? [] : [anything]), expression, ...(toEnd ? [] : [anything])),
  );
  return stringThat(either(...options));
}

function count(schema: Schema, keyword: string, usual: number, place: string): number {
  const value = schema[keyword];
  if (value === undefined) return usual;
  if (typeof value === "number" && Number.isInteger(value) && value >= 0) return value;
  return fail("a whole number from 0 on", `${place}/${keyword}`, value);
}

const isRecord = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isListOfStrings = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === "string");

function fail(wanted: string, place: string, got: unknown): never {
  throw new ArgumentError("JSON schema", `${wanted} at ${place}`, got);
}
