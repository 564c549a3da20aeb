import { describe, expect, test } from "vitest";
import { readHalves } from "../../src/examples/finetune/bible.ts";
import { best } from "../../src/examples/finetune/learn.ts";
import { judge, type Row, type Rows } from "../../src/examples/finetune/report.ts";
import { runExample } from "./runExample.ts";

test("the halves are about equally long, and their chapters are dealt to three sides", () => {
  const { first, second } = readHalves();
  const length = (half: typeof first) => half.training.length + half.validation.length + half.test.length;
  expect(length(first) / length(second)).toBeGreaterThan(0.9);
  expect(length(first) / length(second)).toBeLessThan(1);
  expect(first.validation).toMatch(/^In the beginning God created the heaven and the earth\.\n/);
  expect(first.training).toMatch(/^Thus the heavens and the earth were finished/);
  expect(second.validation).toMatch(/^Blessed is the man that walketh not/);
  for (const { training, validation, test } of [first, second]) {
    for (const side of [validation, test]) expect(side.length / training.length).toBeCloseTo(1 / 18, 1);
    const verses = [training, validation, test].flatMap((side) => side.trimEnd().split("\n"));
    expect(verses.every((verse) => verse.length > 5 && !/[[\]#]/.test(verse))).toBe(true);
  }
});

test("what was kept is of the best examination", async () => {
  async function* examinations() {
    for (const [i, loss] of [3, 1, 2, 1].entries()) yield { step: i + 1, loss };
  }
  let asked = 0;
  expect(await best(examinations(), () => ++asked)).toEqual({ step: 2, loss: 1, kept: 2 });
});

describe("the findings", () => {
  const row = (second: number, trained = 1000): Row => ({ title: "", first: 3, second, trained, bytes: 1 });
  const rows = (further: number, full: number, lora: number, trained = 100): Rows => [
    row(4),
    row(4 - further),
    row(4 - full),
    row(4 - lora, trained),
  ];
  const judged = (...[rows, lastFall]: Parameters<typeof judge>) =>
    judge(rows, lastFall).map(({ holds }) => (holds ? 1 : 0));

  test("each bound is held to by itself", () => {
    expect(judged(rows(0.125, 0.25, 0.25), 0.005)).toEqual([1, 1, 1, 1, 1]);
    expect(judged(rows(0.125, 0.25, 0.25), 0.01)).toEqual([0, 1, 1, 1, 1]);
    expect(judged(rows(0, 0.04, 0.04), 0)).toEqual([1, 0, 1, 1, 1]);
    expect(judged(rows(0.13, 0.25, 0.25), 0)).toEqual([1, 1, 0, 1, 1]);
    expect(judged(rows(0, 0.25, 0.19), 0)).toEqual([1, 1, 1, 0, 1]);
    expect(judged(rows(0, 0.25, 0.25, 101), 0)).toEqual([1, 1, 1, 1, 0]);
  });
});

test("the example tunes a small model, and prints what came of it", async () => {
  const printed = await runExample("finetune", "--smoke", "--threads", "1");
  const row = /^(.+?) {2,}([\d.]+) +([\d.]+) +(-?[\d.]+) +([\d,]+) +(\d+) kB$/gm;
  const rows = [...printed.matchAll(row)];
  expect(rows.map(([, title]) => title!.replace(/\d+/, "N"))).toEqual([
    "base",
    "base, N steps more",
    "full, N steps",
    "LoRA, N steps",
  ]);
  const [base, , full, lora] = rows.map(([, , , second, gain, trained, size]) => ({
    second: Number(second),
    gain: Number(gain),
    trained: Number(trained!.replace(",", "")),
    size: Number(size),
  }));
  // Nats: what nobody has learnt from costs log 300 = 5.7 for each token.
  expect(base!.second).toBeLessThan(5);
  expect(full!.gain).toBeGreaterThan(0.05);
  expect(lora!.gain).toBeGreaterThan(0);
  expect(lora!.trained).toBeLessThan(full!.trained / 10);
  expect(lora!.size).toBeLessThan(full!.size / 10);
  const findings = printed.match(/^(yes|no ) {2}.+$/gm)!;
  expect(findings.length).toBe(5);
  expect(process.exitCode).toBe(findings.every((finding) => finding.startsWith("yes")) ? 0 : 1);
  process.exitCode = 0;
});
