import { describe, expect, test } from "vitest";
import { erf, normalDistribution } from "../../../src/runtime/reference/erf.ts";

/**
 * x, erf(x) and Φ(-x) to 20 digits, from multiple-precision arithmetic; 1.5 is where the two ways to compute
 * meet.
 */
const TABLE = [
  ["0.1", "0.1124629160182848984", "0.46017216272297101633"],
  ["0.5", "0.52049987781304653768", "0.30853753872598689636"],
  ["1.25", "0.92290012825645823014", "0.10564977366685525769"],
  ["1.5", "0.96610514647531072707", "0.066807201268858066004"],
  ["1.75", "0.98667167121918244377", "0.040059156863817090419"],
  ["2.5", "0.99959304798255504106", "0.006209665325776135167"],
  ["3.75", "0.9999998862727434302", "0.000088417285200803867818"],
  ["5.5", "0.99999999999999264215", "1.8989562465887719384e-8"],
].map((row) => row.map(Number) as [number, number, number]);

const relativeError = (got: number, wanted: number) => Math.abs(got / wanted - 1);

describe("erf", () => {
  test.each(TABLE)("of %d", (x, wanted) => {
    expect(relativeError(erf(x), wanted)).toBeLessThan(1e-15);
    expect(erf(-x)).toBe(-erf(x));
  });

  test("at its ends", () => {
    expect([0, Infinity, -Infinity, Number.NaN].map(erf)).toEqual([0, 1, -1, Number.NaN]);
  });
});

describe("normalDistribution", () => {
  test.each(TABLE)("of ±%d, small values as precise as large ones", (x, _, wanted) => {
    expect(relativeError(normalDistribution(-x), wanted)).toBeLessThan(2e-14);
    expect(normalDistribution(x) + normalDistribution(-x)).toBeCloseTo(1, 15);
  });

  test("at its ends", () => {
    expect([0, Infinity, -Infinity, Number.NaN].map(normalDistribution)).toEqual([0.5, 1, 0, Number.NaN]);
  });
});
