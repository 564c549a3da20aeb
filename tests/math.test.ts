import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cos, exp, log, pow, sin, tanh } from "../src/math.ts";
import { effort } from "./support/seed.ts";

/** Distance in units in the last place of `wanted`; 0 for equal values and for NaN against NaN. */
function ulps(got: number, wanted: number): number {
  if (Object.is(got, wanted)) return 0;
  if (!Number.isFinite(got) || !Number.isFinite(wanted)) return Infinity;
  const exponent = Math.max(-1022, Math.floor(Math.log2(Math.abs(wanted))));
  return Math.abs(got - wanted) / 2 ** (exponent - 52);
}

const numRuns = 5000 * effort;
const double = (min: number, max: number) => fc.double({ min, max, noNaN: true });

/** Every function: where its bound holds, and the bound in ulp, plus one for Math's own error. */
const cases = [
  { ours: exp, theirs: Math.exp, arguments: [double(-746, 711), double(-2, 2)], bound: 2 },
  {
    ours: log,
    theirs: Math.log,
    arguments: [double(0, Number.MAX_VALUE), double(0.5, 2), double(0, 1e-300)],
    bound: 2,
  },
  {
    ours: sin,
    theirs: Math.sin,
    arguments: [double(-1.6e6, 1.6e6), double(-7, 7), double(-1e-5, 1e-5)],
    bound: 2,
  },
  {
    ours: cos,
    theirs: Math.cos,
    arguments: [double(-1.6e6, 1.6e6), double(-7, 7), double(-1e-5, 1e-5)],
    bound: 2,
  },
  {
    ours: tanh,
    theirs: Math.tanh,
    arguments: [double(-23, 23), double(-1, 1), double(-1e-300, 1e-300)],
    bound: 4,
  },
] as const;

describe.each(cases)("$ours.name", ({ ours, theirs, arguments: ranges, bound }) => {
  test.each(ranges)(`is within ${bound} ulp of Math.${ours.name}`, (range) => {
    fc.assert(
      fc.property(range, (x) => {
        expect(ulps(ours(x), theirs(x))).toBeLessThanOrEqual(bound);
      }),
      { numRuns },
    );
  });

  test("treats zeros, infinities and NaN as Math does", () => {
    for (const x of [0, -0, Infinity, -Infinity, Number.NaN]) expect(ours(x)).toBe(theirs(x));
  });
});

test.each([Math.PI, 22, 355, 1e5 * Math.PI, 1e9, 2 ** 60, 1e300, -1e300])("sin² + cos² = 1 at %d", (x) => {
  expect(sin(x) ** 2 + cos(x) ** 2).toBeCloseTo(1, 14);
});

describe("pow", () => {
  const near = (bound: number) => (x: number, y: number) => {
    expect(ulps(pow(x, y), x ** y)).toBeLessThanOrEqual(bound);
  };

  test("is within 3 ulp for the powers of schedules and bias corrections", () => {
    fc.assert(fc.property(double(0.5, 2), double(-100, 100), near(3)), { numRuns });
    fc.assert(fc.property(double(0.9, 1), fc.integer({ min: 0, max: 1000 }), near(3)), { numRuns });
    fc.assert(fc.property(double(0, Number.MAX_VALUE), double(-0.1, 0.1), near(3)), { numRuns });
  });

  test("is within 7 ulp everywhere", () => {
    fc.assert(fc.property(double(0, Number.MAX_VALUE), double(-1000, 1000), near(7)), { numRuns });
    fc.assert(fc.property(double(-9, 0), fc.integer({ min: -400, max: 400 }), near(7)), { numRuns });
  });

  test("has the special cases of C's pow", () => {
    const specials = [
      0,
      -0,
      1,
      -1,
      2,
      -2,
      0.5,
      -0.5,
      3,
      -3,
      2 ** 60,
      1e300,
      -1e300,
      Infinity,
      -Infinity,
      Number.NaN,
    ];
    for (const x of specials) {
      for (const y of specials) {
        // ECMAScript differs from C where |x| = 1: it gives NaN for an infinite y, and for 1 to the NaN.
        const unit = x === 1 || (x === -1 && Math.abs(y) === Infinity);
        const wanted = unit ? 1 : x ** y;
        if (Number.isFinite(wanted) && wanted !== 0) expect(ulps(pow(x, y), wanted)).toBeLessThanOrEqual(1);
        else expect(pow(x, y), `${x} ** ${y}`).toBe(wanted);
      }
    }
  });
});
