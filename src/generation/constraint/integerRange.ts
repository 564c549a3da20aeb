import { characterSet } from "./characterSet.ts";
import { character, type Expression, either, literal, repeat, sequence } from "./expression.ts";

/** The largest of 15 digits: every integer up to it is a double exactly. */
export const LARGEST_INTEGER = 999_999_999_999_999;

/** The integers from `low` to `high`, ends included, as JSON writes them. */
export function integersBetween(low: number, high: number): Expression {
  const [least, most] = [Math.max(low, -LARGEST_INTEGER), Math.min(high, LARGEST_INTEGER)];
  const negative = naturalsBetween(Math.max(1, -most), -least);
  return either(naturalsBetween(Math.max(0, least), most), sequence(literal("-"), negative));
}

/** Those of each number of digits apart. */
function naturalsBetween(low: number, high: number): Expression {
  const options: Expression[] = [];
  for (let digits = 1; digits <= String(LARGEST_INTEGER).length; digits++) {
    const first = Math.max(low, digits === 1 ? 0 : Number(`1${"0".repeat(digits - 1)}`));
    const last = Math.min(high, Number("9".repeat(digits)));
    if (first <= last) options.push(digitsBetween(String(first), String(last)));
  }
  return either(...options);
}

/** Numbers of as many digits as both ends have, which may begin with zeros. */
function digitsBetween(low: string, high: string): Expression {
  if (low === high) return literal(low);
  if (/^0+$/.test(low) && /^9+$/.test(high)) return repeat(digit, low.length, low.length);
  const [lowRest, highRest] = [low.slice(1), high.slice(1)];
  const [zeros, nines] = ["0".repeat(lowRest.length), "9".repeat(lowRest.length)];
  if (low[0] === high[0]) return sequence(literal(low[0]!), digitsBetween(lowRest, highRest));
  const between = character(characterSet([low.charCodeAt(0) + 1, high.charCodeAt(0) - 1]));
  return either(
    sequence(literal(low[0]!), digitsBetween(lowRest, nines)),
    sequence(between, digitsBetween(zeros, nines)),
    sequence(literal(high[0]!), digitsBetween(zeros, highRest)),
  );
}

const digit = character(characterSet([0x30, 0x39]));
