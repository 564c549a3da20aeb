import { ArgumentError } from "../../errors.ts";
import { type ByteRanges, type CharacterSet, utf8Ranges } from "./characterSet.ts";
import { type Expression, isNever } from "./expression.ts";

/** A way that one byte takes. */
export interface Edge {
  readonly low: number;
  readonly high: number;
  readonly to: number;
}

/** Places, and ways between them: a text matches if its bytes lead from the start to the end. */
export interface Graph {
  readonly start: number;
  readonly end: number;
  /** From each place, the ways that a byte takes. */
  readonly edges: readonly (readonly Edge[])[];
  /** From each place, those that are reached without a byte. */
  readonly jumps: readonly (readonly number[])[];
}

const MOST_PLACES = 100_000;

/**
 * The graph of an expression (Thompson 1968, "Regular Expression Search Algorithm").
 *
 * @throws ArgumentError where nothing matches, or the graph becomes too large
 */
export function expressionGraph(expression: Expression): Graph {
  if (isNever(expression))
    throw new ArgumentError("constraint", "what some text can match", "an impossible one");
  const builder = new GraphBuilder();
  const [start, end] = [builder.place(), builder.place()];
  builder.connect(expression, start, end);
  return { start, end, edges: builder.edges, jumps: builder.jumps };
}

class GraphBuilder {
  readonly edges: Edge[][] = [];
  readonly jumps: number[][] = [];
  readonly #bytes = new Map<CharacterSet, readonly ByteRanges[]>();

  place(): number {
    if (this.edges.length === MOST_PLACES) {
      throw new ArgumentError(
        "constraint",
        `at most ${MOST_PLACES} places; make repetitions shorter`,
        "more",
      );
    }
    this.jumps.push([]);
    return this.edges.push([]) - 1;
  }

  /** Lets the texts of an expression lead from one place to another. */
  connect(expression: Expression, from: number, to: number): void {
    switch (expression.kind) {
      case "character":
        this.#connectCharacter(expression.set, from, to);
        break;
      case "sequence":
        this.#connectAll(expression.parts, from, to);
        break;
      case "either":
        for (const option of expression.options) this.connect(option, from, to);
        break;
      case "repeat":
        this.#connectRepeat(expression.part, expression.least, expression.most, from, to);
        break;
    }
  }

  #connectAll(parts: readonly Expression[], from: number, to: number): void {
    let at = from;
    for (const part of parts) {
      const after = this.place();
      this.connect(part, at, after);
      at = after;
    }
    this.jumps[at]!.push(to);
  }

  /**
   * The parts that must come, then those that may: each with a jump to the end, or a single one in a circle.
   */
  #connectRepeat(part: Expression, least: number, most: number, from: number, to: number): void {
    const next = (at: number) => {
      const after = this.place();
      this.connect(part, at, after);
      return after;
    };
    let at = this.place();
    this.jumps[from]!.push(at);
    for (let i = 0; i < least; i++) at = next(at);
    this.jumps[at]!.push(to);
    if (most === Number.POSITIVE_INFINITY) {
      const circle = this.place();
      this.jumps[at]!.push(circle);
      this.jumps[next(circle)]!.push(circle, to);
      return;
    }
    for (let i = least; i < most; i++) {
      at = next(at);
      this.jumps[at]!.push(to);
    }
  }

  /** Sequences of bytes that end alike share their last places. */
  #connectCharacter(set: CharacterSet, from: number, to: number): void {
    const beforeRest = new Map<string, number>();
    const sequences = this.#bytes.get(set) ?? utf8Ranges(set);
    this.#bytes.set(set, sequences);
    for (const ranges of sequences) {
      let after = to;
      for (let i = ranges.length - 1; i > 0; i--) {
        const rest = ranges.slice(i).join(";");
        let before = beforeRest.get(rest);
        if (before === undefined) {
          before = this.place();
          beforeRest.set(rest, before);
          const [low, high] = ranges[i]!;
          this.edges[before]!.push({ low, high, to: after });
        }
        after = before;
      }
      const [low, high] = ranges[0]!;
      this.edges[from]!.push({ low, high, to: after });
    }
  }
}
