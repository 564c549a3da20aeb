import { describe, expect, test } from "vitest";
import {
  accuracy,
  balancedAccuracy,
  confusionMatrix,
  f1Score,
  matthews,
  scoresOf,
} from "../../src/train/metrics.ts";
import { goldenJson } from "../support/golden.ts";

const averages = ["binary", "macro", "micro", "weighted"] as const;

type Case = Readonly<
  Record<"labels" | "predictions" | "precision" | "recall" | "support", readonly number[]> &
    Record<"accuracy" | "balancedAccuracy" | "matthews" | (typeof averages)[number], number>
>;

const { metrics: cases } = goldenJson<{ metrics: Case[] }>("tasks.json");

describe("metrics as numpy computes their definitions", () => {
  test.each(cases.map((one) => [`${one.labels.length} examples`, one] as const))("%s", (_, one) => {
    const { labels, predictions } = one;
    expect(accuracy(labels, predictions)).toBeCloseTo(one.accuracy, 12);
    expect(balancedAccuracy(labels, predictions)).toBeCloseTo(one.balancedAccuracy, 12);
    expect(matthews(labels, predictions)).toBeCloseTo(one.matthews, 12);
    for (const average of averages) {
      expect(f1Score(labels, predictions, { average }), average).toBeCloseTo(one[average], 12);
    }
    const met = scoresOf(confusionMatrix(labels, predictions)).filter(
      ({ support, told }) => support + told > 0,
    );
    expect(met.map(({ support }) => support)).toEqual(one.support);
    met.forEach(({ precision, recall }, k) => {
      expect(precision).toBeCloseTo(one.precision[k]!, 12);
      expect(recall).toBeCloseTo(one.recall[k]!, 12);
    });
  });

  test("some classes are never told, some never occur", () => {
    const met = cases.map(({ labels, predictions }) => [new Set(labels), new Set(predictions)] as const);
    expect(met.some(([labels, told]) => [...labels].some((k) => !told.has(k)))).toBe(true);
    expect(met.some(([labels, told]) => [...told].some((k) => !labels.has(k)))).toBe(true);
  });
});
