import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as ops from "../../src/ops/index.ts";
import { everyCase as cases } from "../support/everyCase.ts";

/** What the suite cannot call: it gives no tensor. Each has tests of its own. */
const NO_TENSOR = ["allClose"];

/** Comparisons, what looks for indices or makes integers, and what cuts the graph. */
const WITHOUT_GRADIENT = [
  ...[
    "all",
    "any",
    "argmax",
    "argmin",
    "assign",
    "cast to i32",
    "detach",
    "equal",
    "greater",
    "greaterEqual",
  ],
  ...["isFinite", "less", "lessEqual", "logicalAnd", "logicalNot", "logicalOr", "notEqual", "quantizeRows"],
];

const tested = Object.keys(ops).filter((name) => !NO_TENSOR.includes(name));

/** The cases of an op: `norm` has "norm" and "norm by 1". */
const casesOf = (op: string) => Object.entries(cases).filter(([name]) => name.split(" ")[0] === op);

describe("every op", () => {
  it.each(tested)("%s has a case in tests/ops/cases", (op) => {
    expect(casesOf(op)).not.toEqual([]);
  });

  it("is exported, if it has a case", () => {
    expect(Object.keys(cases).filter((name) => !(name.split(" ")[0]! in ops))).toEqual([]);
  });

  it.each(tested)("%s is drawn with sizes of zero", (op) => {
    for (const [, { samples }] of casesOf(op)) {
      const drawn = fc.sample(samples, 300);
      expect(drawn.some(({ inputs }) => inputs.some(({ data }) => data.length === 0))).toBe(true);
    }
  });

  it("is differentiated twice, but for those that pass no gradient", () => {
    const others = Object.entries(cases).filter(([, { order }]) => order < 2);
    expect(others.map(([name]) => name).sort()).toEqual(WITHOUT_GRADIENT);
  });
});
