import { expect } from "vitest";
import type { Kernels } from "../../src/runtime/kernels/index.ts";
import { type Call, type Result, reference32, reference64, run, wasm } from "./harness.ts";

/**
 * How far an f32 result may be from the f64 one, `exact`: an absolute bound, for element `i` of operand
 * `operand`.
 */
export type Tolerance = (exact: number, operand: number, i: number) => number;

/** A call and what its results must be. */
export interface Example extends Call {
  /**
   * The operands in which the f32 implementations agree bit for bit, because the contract states each
   * operation.
   */
  readonly bits: "all" | readonly number[];
  /** Of each f32 implementation from the f64 reference. */
  readonly tolerance: Tolerance;
}

/** Spacing of f32 numbers around 1. */
export const EPSILON = 2 ** -23;

/** The smallest normal f32; an exponential below it may be flushed to 0. */
export const SMALLEST_NORMAL = 2 ** -126;

/** Where f32 overflows: infinity stands for it in comparisons. */
const OVERFLOW = 2 ** 128;

/** The distance from |x| to the next larger f32. */
export function ulp(x: number): number {
  const magnitude = Math.abs(x);
  if (!(magnitude < OVERFLOW)) return 2 ** 104;
  return 2 ** (Math.max(-126, Math.floor(Math.log2(magnitude))) - 23);
}

/** `count` units in the last place of the exact result. */
export const ulps = (count: number) => (exact: number) => count * ulp(exact);

/**
 * Relative: half-ulps lost in a sum of `width` terms in at least four lanes, and a few in what is done with
 * it.
 */
export const sumError = (width: number) => (8 + width / 8) * EPSILON;

/** One operation, correctly rounded. */
export const rounded = ulps(0.5);

/** The same value on every precision: comparisons, integers, moves. */
export const same = () => 0;

/** Runs a kernel everywhere and compares what it wrote. */
export function expectAgreement(kernel: keyof Kernels, example: Example): void {
  const compiled = run(wasm, kernel, example);
  const naive = run(reference32, kernel, example);
  const exact = run(reference64, kernel, example);
  example.operands.forEach((operand, o) => {
    if (operand?.role !== "output") return;
    const where = (i: number) => `${kernel}(${example.numbers.join(", ")}), operand ${o}, element ${i}`;
    expectClose(naive[o]!, exact[o]!, o, example, (i) => `reference: ${where(i)}`);
    if (example.bits === "all" || example.bits.includes(o)) expectSame(compiled[o]!, naive[o]!, where);
    else expectClose(compiled[o]!, exact[o]!, o, example, where);
  });
}

function expectSame(got: Result, wanted: Result, where: (i: number) => string): void {
  const differs = got.findIndex((value, i) => !Object.is(value, wanted[i]));
  if (differs >= 0) expect(got[differs], where(differs)).toBe(wanted[differs]);
}

function expectClose(
  got: Result,
  exact: Result,
  operand: number,
  example: Example,
  where: (i: number) => string,
): void {
  for (let i = 0; i < exact.length; i++) {
    const bound = example.tolerance(exact[i]!, operand, i);
    if (isClose(got[i]!, exact[i]!, bound)) continue;
    expect.fail(
      `${where(i)}: ${got[i]} is ${Math.abs(got[i]! - exact[i]!) / bound} tolerances from ${exact[i]}`,
    );
  }
}

function isClose(got: number, exact: number, bound: number): boolean {
  if (Number.isNaN(got) || Number.isNaN(exact)) return Number.isNaN(got) && Number.isNaN(exact);
  return Math.abs(saturated(got) - saturated(exact)) <= bound;
}

function saturated(x: number): number {
  return Math.max(-OVERFLOW, Math.min(OVERFLOW, x));
}
