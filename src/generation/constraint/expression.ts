import { type CharacterSet, charactersOf } from "./characterSet.ts";

/**
 * A regular expression as a tree: what texts may look like. Regular expressions, lists of choices and JSON
 * schemas all become one. An `either` of nothing is what no text matches; the makers below let it stand
 * nowhere but alone, so whatever has begun can be finished.
 */
export type Expression =
  | { readonly kind: "character"; readonly set: CharacterSet }
  | { readonly kind: "sequence"; readonly parts: readonly Expression[] }
  | { readonly kind: "either"; readonly options: readonly Expression[] }
  | { readonly kind: "repeat"; readonly part: Expression; readonly least: number; readonly most: number };

/** What no text matches. */
export const never: Expression = { kind: "either", options: [] };

/** The empty text. */
export const nothing: Expression = { kind: "sequence", parts: [] };

export const isNever = (expression: Expression) =>
  expression.kind === "either" && expression.options.length === 0;

/** One character of a set. */
export function character(set: CharacterSet): Expression {
  return set.length === 0 ? never : { kind: "character", set };
}

/** One after the other. */
export function sequence(...parts: readonly Expression[]): Expression {
  if (parts.some(isNever)) return never;
  return parts.length === 1 ? parts[0]! : { kind: "sequence", parts };
}

/** Any one of them. */
export function either(...options: readonly Expression[]): Expression {
  const possible = options.filter((option) => !isNever(option));
  return possible.length === 1 ? possible[0]! : { kind: "either", options: possible };
}

/** From `least` to `most` times, which may be Infinity. */
export function repeat(part: Expression, least: number, most: number): Expression {
  if (isNever(part) || most === 0) return least === 0 ? nothing : never;
  return { kind: "repeat", part, least, most };
}

export const optional = (part: Expression) => repeat(part, 0, 1);

/** The text itself. */
export function literal(text: string): Expression {
  return sequence(...Array.from(text, (one) => character(charactersOf(one))));
}
