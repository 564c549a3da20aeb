import { describe, expect, test } from "vitest";
import { hashOf, readChapters, splitChapters } from "../../src/examples/bert/bible.ts";
import {
  drawEvenly,
  type LabelledText,
  labelsOf,
  tellByCounts,
  tune,
} from "../../src/examples/bert/classify.ts";
import { Bert } from "../../src/models/bert.ts";
import { Random } from "../../src/random.ts";
import { predictClasses } from "../../src/train/tasks/predict.ts";
import { runExample } from "./runExample.ts";

describe("the chapters of the example", () => {
  const chapters = readChapters();

  test("are those of both testaments, without marks that are no text", () => {
    const named = (wanted: string) => chapters.find(({ name }) => name === wanted);
    expect(chapters.length).toBe(1189);
    expect(named("Genesis 1")?.verses[0]).toBe("In the beginning God created the heaven and the earth.");
    expect(named("John 3")?.verses[15]).toMatch(/^For God so loved the world/);
    expect(named("Malachi 4")?.testament).toBe(0);
    expect(named("Matthew 1")?.testament).toBe(1);
    expect(chapters.flatMap(({ verses }) => verses).filter((verse) => /[[\]#]/.test(verse))).toEqual([]);
  });

  test("of the test are always the same, and on no other side", () => {
    const sizes = { test: 120, validation: 60 };
    const { training, validation, test: asked } = splitChapters(chapters, sizes);
    expect(hashOf(asked.map(({ name }) => name).join("\n"))).toMatch(/^e05f6664a4f7a2d4/);
    const names = [training, validation, asked].flatMap((side) => side.map(({ name }) => name));
    expect(names.length).toBe(1189);
    expect(new Set(names).size).toBe(1189);
    expect(splitChapters(chapters.toReversed(), sizes)).toEqual(splitChapters(chapters, sizes));
  });
});

describe("labelled texts", () => {
  const text = (label: number, ...tokens: number[]): LabelledText => ({
    tokens: Int32Array.from(tokens),
    label,
  });

  test("are drawn evenly and without repetition, others with another key", () => {
    const texts = Array.from({ length: 60 }, (_, i) => text(i % 3 === 0 ? 1 : 0, i));
    const draw = (seed: number) => drawEvenly(texts, { count: 20, classes: 2, random: new Random(seed) });
    expect(labelsOf(draw(1))).toEqual([...new Array(10).fill(0), ...new Array(10).fill(1)]);
    expect(new Set(draw(1)).size).toBe(20);
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  test("are learnt from, with the learning rate that does best in validation", async () => {
    const texts = Array.from({ length: 40 }, (_, i) => text(i % 2, 1, 3 + (i % 2), 2));
    const task = { labelled: texts, validation: texts, test: [], classes: 2, paddingToken: 0 };
    const config = { vocabSize: 5, contextLength: 3, layers: 1, heads: 1, width: 16 };
    const random = new Random(1);
    const tuning = { title: "", learningRates: [1e-9, 1e-2, 1e-8], steps: 100, batch: 8, random };
    const { classifier, ...how } = await tune(() => new Bert(config, { random }), task, tuning);
    expect(how).toEqual({ learningRate: 1e-2, accuracy: 1 });
    expect([...(await predictClasses(classifier, texts, task))]).toEqual(labelsOf(texts));
  });

  test("are told by counts as naive Bayes has it", () => {
    // Symbols 0, 1, 2 were met 2, 1, 0 times in class 0 and 0, 1, 1 times in class 1: likelihoods are
    // 3/6, 2/6, 1/6 and 1/5, 2/5, 2/5.
    const labelled = [text(0, 0, 0, 1), text(1, 1, 2)];
    const asked = [text(0, 0), text(0, 1), text(0, 2), text(0, 0, 2), text(0, 0, 2, 2), text(0, 0, 1, 1, 1)];
    const task = { labelled, validation: [], test: asked, classes: 2, paddingToken: 0 };
    expect([...Array.from(tellByCounts(task, 3))]).toEqual([0, 1, 1, 0, 1, 0]);
  });
});

test("the example learns something with a small model, and prints how much", async () => {
  const printed = await runExample("bert", "--smoke", "--threads", "1");
  const row = /^(masked|next|pre-|from|naive|points)(?:\w| (?=\w))+ {2,}([-\d. %]+)$/gm;
  const rows = [...printed.matchAll(row)].map(([, title, cells]) => [
    title,
    cells!.match(/-?[\d.]+/g)!.map(Number),
  ]);
  const table: Readonly<Record<string, readonly number[]>> = Object.fromEntries(rows);
  const { masked, next, "pre-": tuned, from: untaught, naive, points } = table;
  expect(masked![0]).toBeGreaterThan(masked![1]!);
  expect(next![0]).toBeGreaterThan(40);
  expect(next![1]).toBe(50);
  expect(naive![3]).toBeGreaterThan(70);
  // Each of three numbers, or the mean, is rounded to a tenth.
  for (const each of [tuned, untaught, naive, points]) {
    expect(each!.length).toBe(4);
    expect(each![3]).toBeCloseTo((each![0]! + each![1]! + each![2]!) / 3, 0);
  }
  for (const [i, gain] of points!.entries()) expect(gain).toBeCloseTo(tuned![i]! - untaught![i]!, 0);
  const gained = points![3]! >= 3 && Math.min(...points!) > 0;
  expect(printed).toMatch(gained ? /^yes {2}3.0 points/m : /^no {3}3.0 points/m);
  expect(process.exitCode).toBe(gained ? 0 : 1);
  process.exitCode = 0;
});
