import { describe, expect, it } from "vitest";
import { type LossPoint, lossCurve } from "../../src/cli/lossCurve.ts";
import type { Metrics } from "../../src/cli/metrics.ts";

const loss = (step: number) => 1.8 + 2.4 * Math.exp(-step / 120);
const points = (from: number, to: number): LossPoint[] =>
  Array.from({ length: to - from }, (_, i) => [from + i + 1, loss(from + i + 1)]);
const evaluation = (step: number): Metrics => ({
  step,
  trainLoss: loss(step),
  validationLoss: loss(step) + 0.1,
  learningRate: 1e-3,
  tokensPerSecond: 1,
});
const ticksOf = (curve: string) => curve.split("\n").at(-1)!.trim().split(/ +/).map(Number);

describe("lossCurve", () => {
  const evaluations = [100, 200, 300, 400, 500, 600, 700].map(evaluation);

  it("fits into the terminal and has few, round ticks", () => {
    for (const columns of [20, 40, 80, 200]) {
      const curve = lossCurve(evaluations, points(0, 700), columns);
      const widest = Math.max(
        ...curve
          .split("\n")
          .slice(1)
          .map((line) => line.length),
      );
      expect(widest).toBeLessThanOrEqual(Math.max(30, columns));
      const ticks = ticksOf(curve);
      expect(ticks.length).toBeLessThanOrEqual(columns / 8);
      for (const tick of ticks) expect(tick % 100).toBe(0);
      expect(curve.split("\n").length).toBeLessThan(22);
    }
  });

  it("falls from the upper left to the lower right, with a mark for each evaluation", () => {
    const lines = lossCurve(evaluations, points(0, 700), 80).split("\n").slice(1);
    expect(lines.find((line) => line.includes("┓"))!.indexOf("┓")).toBeLessThan(8);
    const lowest = lines.findLast((line) => line.includes("━"))!;
    expect(lowest.lastIndexOf("━")).toBeGreaterThan(60);
    expect(lines.join("").match(/●/g)!.length).toBeGreaterThanOrEqual(6);
  });

  it("writes steps in full", () => {
    expect(ticksOf(lossCurve([], points(0, 2000), 80))).toContain(2000);
    expect(lossCurve([], points(0, 2000), 80)).toMatch(/ 500 .* 1500 /);
  });

  it("begins with the evaluations of what came before this process", () => {
    const ticks = ticksOf(lossCurve(evaluations, points(400, 700), 80));
    expect(ticks[0]).toBe(100);
    expect(ticks.at(-1)).toBe(700);
  });

  it("draws a run of two steps and a loss that stands still", () => {
    expect(lossCurve([], points(0, 2), 80)).toContain("━");
    expect(
      lossCurve(
        [],
        [1, 2, 3].map((step) => [step, 2]),
        80,
      ),
    ).toContain("━");
    expect(
      lossCurve(
        [],
        [1, 2].map((step) => [step, 1e-9 * step]),
        80,
      ),
    ).not.toBe("");
  });

  it("is empty where there is no curve yet", () => {
    expect(lossCurve([], [], 80)).toBe("");
    expect(lossCurve([], points(0, 1), 80)).toBe("");
  });
});
