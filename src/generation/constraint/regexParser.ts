import { ArgumentError } from "../../errors.ts";
import { type CharacterSet, characterSet, charactersOf, complement, union } from "./characterSet.ts";
import { character, type Expression, either, repeat, sequence } from "./expression.ts";
import { classes, controls, dot } from "./regexClasses.ts";

/** One of the alternatives of a pattern, and whether `^` and `$` hold its ends. */
export interface Alternative {
  readonly expression: Expression;
  readonly fromStart: boolean;
  readonly toEnd: boolean;
}

const MOST_REPEATS = 10_000;
/** What must have a backslash in front to stand for itself. */
const syntax = new Set("^$\\.*+?()[]{}|/");

/**
 * The alternatives of a regular expression, which reads as in JavaScript with the flag u:
 *
 *   a  .  [a-z]  [^a-z]  \d \D \w \W \s \S  \n \r \t \f \v \0  \xHH  \uHHHH  \u{H…}  \.
 *   (…)  (?:…)  a|b  a*  a+  a?  a{2}  a{2,}  a{2,5}  and ^ and $ at the ends
 *
 * @throws ArgumentError for what is no regular expression, and for lookaround, back references, \b, \p, names
 * and lazy quantifiers
 */
export function parseRegex(pattern: string): Alternative[] {
  return new RegexParser(pattern).parse();
}

class RegexParser {
  readonly #pattern: string;
  readonly #characters: readonly string[];
  #at = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
    this.#characters = Array.from(pattern);
  }

  parse(): Alternative[] {
    const alternatives: Alternative[] = [];
    do {
      const fromStart = this.#take("^");
      const expression = this.#sequence();
      alternatives.push({ expression, fromStart, toEnd: this.#take("$") });
    } while (this.#take("|"));
    if (this.#at < this.#characters.length) this.#fail("an end of the pattern");
    return alternatives;
  }

  #either(): Expression {
    const options = [this.#sequence()];
    while (this.#take("|")) options.push(this.#sequence());
    return either(...options);
  }

  #sequence(): Expression {
    const parts: Expression[] = [];
    while (this.#peek() !== undefined && !"|)$".includes(this.#peek()!)) parts.push(this.#repeated());
    return sequence(...parts);
  }

  #repeated(): Expression {
    const part = this.#atom();
    const bounds = this.#quantifier();
    if (bounds === null) return part;
    if (this.#peek() === "?") this.#fail("no lazy quantifier");
    if ("*+?{".includes(this.#peek() ?? " ")) this.#fail("one quantifier only");
    return repeat(part, ...bounds);
  }

  #quantifier(): [least: number, most: number] | null {
    if (this.#take("*")) return [0, Number.POSITIVE_INFINITY];
    if (this.#take("+")) return [1, Number.POSITIVE_INFINITY];
    if (this.#take("?")) return [0, 1];
    if (!this.#take("{")) return null;
    const least = this.#number();
    const most = this.#take(",") ? (this.#peek() === "}" ? Number.POSITIVE_INFINITY : this.#number()) : least;
    this.#expect("}");
    if (most < least) this.#fail("a quantifier whose numbers rise");
    return [least, most];
  }

  #number(): number {
    let digits = "";
    while (/^\d$/.test(this.#peek() ?? "")) digits += this.#next();
    if (digits === "" || Number(digits) > MOST_REPEATS) this.#fail(`a number up to ${MOST_REPEATS}`);
    return Number(digits);
  }

  #atom(): Expression {
    const start = this.#next();
    if (start === ".") return character(dot);
    if (start === "[") return character(this.#bracket());
    if (start === "\\") return character(this.#escape(false));
    if (start === "(") return this.#group();
    if (syntax.has(start) && start !== "/") this.#fail(`"\\${start}" for the character itself`, 1);
    return character(charactersOf(start));
  }

  #group(): Expression {
    if (this.#take("?") && !this.#take(":")) this.#fail("no group but (…) and (?:…)");
    const inside = this.#either();
    this.#expect(")");
    return inside;
  }

  /** What stands between square brackets. */
  #bracket(): CharacterSet {
    const negated = this.#take("^");
    let set: CharacterSet = [];
    while (!this.#take("]")) {
      const low = this.#member();
      const isRange = this.#peek() === "-" && this.#characters[this.#at + 1] !== "]";
      if (!isRange) {
        set = union(set, low);
        continue;
      }
      this.#at++;
      const [from, to] = [single(low), single(this.#member())];
      if (from === null || to === null || from > to) this.#fail("a range of two characters that rise");
      set = union(set, characterSet([from!, to!]));
    }
    return negated ? complement(set) : set;
  }

  #member(): CharacterSet {
    const one = this.#next();
    return one === "\\" ? this.#escape(true) : charactersOf(one);
  }

  /** What stands behind a backslash. */
  #escape(inBracket: boolean): CharacterSet {
    const name = this.#next();
    if (name === "0" && /^\d$/.test(this.#peek() ?? "")) this.#fail("no digit behind \\0");
    if (classes[name]) return classes[name];
    if (controls[name]) return charactersOf(controls[name]);
    if (name === "x") return this.#codePoint(2);
    if (name === "u") return this.#take("{") ? this.#braced() : this.#codePoint(4);
    if (inBracket && name === "b") return charactersOf("\b");
    if (syntax.has(name) || (inBracket && name === "-")) return charactersOf(name);
    return this.#fail(`an escape that is known, not "\\${name}"`, 1);
  }

  #braced(): CharacterSet {
    const end = this.#characters.indexOf("}", this.#at);
    const set = this.#codePoint(Math.max(1, end - this.#at));
    this.#expect("}");
    return set;
  }

  #codePoint(digits: number): CharacterSet {
    const text = this.#characters.slice(this.#at, this.#at + digits).join("");
    const value = Number.parseInt(text, 16);
    if (text.length !== digits || !/^[\da-f]+$/i.test(text) || value > 0x10ffff) {
      this.#fail("a code point in hexadecimal digits");
    }
    if (value >= 0xd800 && value <= 0xdfff) this.#fail("no half of a surrogate pair");
    this.#at += digits;
    return characterSet([value, value]);
  }

  #peek(): string | undefined {
    return this.#characters[this.#at];
  }

  #next(): string {
    return this.#characters[this.#at++] ?? this.#fail("more", 1);
  }

  #take(wanted: string): boolean {
    if (this.#peek() !== wanted) return false;
    this.#at++;
    return true;
  }

  #expect(wanted: string): void {
    if (!this.#take(wanted)) this.#fail(`"${wanted}"`);
  }

  #fail(wanted: string, back = 0): never {
    throw new ArgumentError("regular expression", `${wanted} at character ${this.#at - back}`, this.#pattern);
  }
}

/** The one character of a set, or null. */
function single(set: CharacterSet): number | null {
  return set.length === 1 && set[0]![0] === set[0]![1] ? set[0]![0] : null;
}
