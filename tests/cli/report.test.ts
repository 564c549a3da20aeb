import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { afterEach, describe, expect, it, vi } from "vitest";
import { makeReport } from "../../src/cli/report.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** A stream that remembers what was written; with columns it is a terminal. */
function makeStream(columns?: number) {
  const stream = Object.assign(new PassThrough(), columns === undefined ? {} : { isTTY: true, columns });
  return { stream, text: () => String(stream.read() ?? "") };
}

const metrics = {
  step: 5,
  trainLoss: 2.5,
  validationLoss: 2.75,
  learningRate: 1e-3,
  tokensPerSecond: 5432.1,
};

describe("a report on a terminal", () => {
  it("is a bar with step, both losses, speed and time left, no wider than the terminal", () => {
    const clock = vi.spyOn(performance, "now").mockReturnValue(0);
    const { stream, text } = makeStream(80);
    const report = makeReport(0, 1000, stream);
    clock.mockReturnValue(60_000);
    report.step(5, 2.3456, 5432.1);
    report.evaluated(metrics);
    report.stop();
    const shown = stripVTControlCharacters(text())
      .trimEnd()
      .split(/[\r\n]|(?=█|░)(?<![█░])/);
    const last = shown.at(-1)!;
    expect(last).toMatch(
      /^[█░]+ step 5\/1000 {2}train 2\.346 {2}val 2\.750 {2}5432 tokens\/s {2}3:19:00 left$/,
    );
    expect(last.length).toBeLessThanOrEqual(80);
  });

  it("has a shorter bar on a narrower terminal, and an end to its length on a wide one", () => {
    const barOn = (columns: number) => {
      const { stream, text } = makeStream(columns);
      makeReport(0, 10, stream).stop();
      return /░+/.exec(stripVTControlCharacters(text()))![0].length;
    };
    expect(barOn(40)).toBe(8);
    expect(barOn(90)).toBe(20);
    expect(barOn(300)).toBe(40);
  });

  it("gives the cursor back, once", () => {
    const { stream, text } = makeStream(80);
    const report = makeReport(0, 10, stream);
    report.stop();
    expect(text()).toContain("\x1b[?25h");
    report.stop();
    expect(text()).toBe("");
  });
});

describe("a report elsewhere", () => {
  it("is a plain line for each evaluation", () => {
    const clock = vi.spyOn(performance, "now").mockReturnValue(0);
    const { stream, text } = makeStream();
    const report = makeReport(0, 10, stream);
    clock.mockReturnValue(10_000);
    report.step(5, 2.3, 5432.1);
    expect(text()).toBe("");
    report.evaluated(metrics);
    report.stop();
    expect(text()).toBe("step 5/10  train loss 2.5000  validation loss 2.7500  5432 tokens/s  0:10 left\n");
  });
});
