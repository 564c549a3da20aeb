import {
  type CharacterSet,
  characterSet,
  charactersOf,
  difference,
  everyCharacter,
  intersection,
} from "./characterSet.ts";
import { character, type Expression, either, literal, optional, repeat, sequence } from "./expression.ts";

/**
 * JSON (RFC 8259) as expressions: as `JSON.stringify` writes it, but for a space that may follow a comma or a
 * colon.
 */

const space = optional(literal(" "));
const comma = sequence(literal(","), space);
const colon = sequence(literal(":"), space);

const controls = characterSet([0, 0x1f]);
const escaped = [...controlCharacters(), '"', "\\"];
const unescaped = difference(everyCharacter, charactersOf(escaped.join("")));

function controlCharacters(): string[] {
  return Array.from({ length: controls[0]![1] + 1 }, (_, code) => String.fromCharCode(code));
}

/** One character of a set as it stands within a JSON string. */
function stringCharacter(set: CharacterSet): Expression {
  const has = (one: string) => intersection(set, charactersOf(one)).length > 0;
  const escapes = escaped.filter(has).map((one) => literal(JSON.stringify(one).slice(1, -1)));
  return either(character(intersection(set, unescaped)), ...escapes);
}

/** A JSON string of so many characters. */
export function stringOfLength(least: number, most: number): Expression {
  return quoted(repeat(stringCharacter(everyCharacter), least, most));
}

/** A JSON string whose text matches. */
export function stringThat(matches: Expression): Expression {
  return quoted(withinString(matches));
}

const quoted = (inside: Expression) => sequence(literal('"'), inside, literal('"'));

/** The texts of an expression as they stand within a JSON string. */
function withinString(expression: Expression): Expression {
  switch (expression.kind) {
    case "character":
      return stringCharacter(expression.set);
    case "sequence":
      return sequence(...expression.parts.map(withinString));
    case "either":
      return either(...expression.options.map(withinString));
    case "repeat":
      return repeat(withinString(expression.part), expression.least, expression.most);
  }
}

/** A value as JSON.stringify writes it. */
export const exactly = (value: unknown): Expression => literal(JSON.stringify(value));

const digit = character(characterSet([0x30, 0x39]));
const firstDigit = character(characterSet([0x31, 0x39]));

/** Up to 15 digits: every one of them is a double exactly. */
const integer = sequence(
  optional(literal("-")),
  either(literal("0"), sequence(firstDigit, repeat(digit, 0, 14))),
);

/** A number with up to 15 digits behind the point and an exponent of up to two: always finite. */
export const number = sequence(
  integer,
  optional(sequence(literal("."), repeat(digit, 1, 15))),
  optional(
    sequence(character(charactersOf("eE")), optional(character(charactersOf("+-"))), repeat(digit, 1, 2)),
  ),
);

/** An array of so many items. */
export function arrayOf(item: Expression, least: number, most: number): Expression {
  const empty = least === 0 ? [literal("[]")] : [];
  const more = repeat(sequence(comma, item), Math.max(0, least - 1), most - 1);
  const some = most === 0 ? [] : [sequence(literal("["), item, more, literal("]"))];
  return either(...empty, ...some);
}

export interface Member {
  readonly name: string;
  readonly value: Expression;
  readonly required: boolean;
}

/** An object with its members in their order, of which those that are not required may be missing. */
export function objectOf(members: readonly Member[]): Expression {
  // What may follow where no member has come yet, and where one has: then a comma comes first.
  let [atStart, afterOne] = [sequence(), sequence()];
  for (const { name, value, required } of members.toReversed()) {
    const pair = sequence(exactly(name), colon, value);
    const first = sequence(pair, afterOne);
    atStart = required ? first : either(first, atStart);
    const next = sequence(comma, pair);
    afterOne = sequence(required ? next : optional(next), afterOne);
  }
  return sequence(literal("{"), atStart, literal("}"));
}

/** Any value whose arrays and objects are nested so deep at most. */
export function anyValue(depth: number): Expression {
  const scalar = either(
    literal("null"),
    literal("true"),
    literal("false"),
    number,
    stringOfLength(0, Infinity),
  );
  return depth === 0 ? scalar : either(scalar, anyArray(depth), anyObject(depth));
}

/** Any array; what is in it is nested so deep at most, itself included. */
export const anyArray = (depth: number): Expression =>
  depth <= 1 ? arrayOf(anyValue(0), 0, Infinity) : arrayOf(anyValue(depth - 1), 0, Infinity);

export function anyObject(depth: number): Expression {
  const pair = sequence(stringOfLength(0, Infinity), colon, anyValue(Math.max(0, depth - 1)));
  const members = sequence(pair, repeat(sequence(comma, pair), 0, Infinity));
  return sequence(literal("{"), optional(members), literal("}"));
}
