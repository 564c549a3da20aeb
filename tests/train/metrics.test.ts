import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { classificationReport } from "../../src/train/classificationReport.ts";
import {
  accuracy,
  balancedAccuracy,
  confusionMatrix,
  f1Score,
  matthews,
  perplexity,
} from "../../src/train/metrics.ts";

/** Three of class 0, all found; two of class 1, one of them found. */
const labels = [0, 0, 0, 1, 1];
const predictions = [0, 0, 0, 0, 1];

const classes = fc
  .tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 4 }))
  .chain(([length, kinds]) => {
    const list = fc.array(fc.nat(kinds - 1), { minLength: length, maxLength: length });
    return fc.tuple(list, list);
  });

describe("metrics of classes", () => {
  it("count as by hand", () => {
    expect(confusionMatrix(labels, predictions)).toEqual([[3, 0], [1, 1]]); // biome-ignore format: rows
    expect(accuracy(labels, predictions)).toBe(4 / 5);
    expect(balancedAccuracy(labels, predictions)).toBe((3 / 3 + 1 / 2) / 2);
    // Of class 1: precision 1/1, recall 1/2. Of class 0: precision 3/4, recall 3/3.
    expect(f1Score(labels, predictions)).toBeCloseTo(2 / 3, 12);
    expect(f1Score(labels, predictions, { positive: 0 })).toBeCloseTo(6 / 7, 12);
    expect(f1Score(labels, predictions, { average: "macro" })).toBeCloseTo((2 / 3 + 6 / 7) / 2, 12);
    expect(f1Score(labels, predictions, { average: "weighted" })).toBeCloseTo((4 / 3 + 18 / 7) / 5, 12);
    expect(f1Score(labels, predictions, { average: "micro" })).toBe(4 / 5);
    // (TP·TN - FP·FN) / √((TP + FP)(TP + FN)(TN + FP)(TN + FN))
    expect(matthews(labels, predictions)).toBeCloseTo((1 * 3 - 0 * 1) / Math.sqrt(1 * 2 * 3 * 4), 12);
  });

  it("give the numbers of scikit-learn's manual", () => {
    expect(matthews([1, 1, 1, 0], [1, 0, 1, 1])).toBeCloseTo(-1 / 3, 12);
    expect(balancedAccuracy([0, 1, 0, 0, 1, 0], [0, 1, 0, 0, 0, 1])).toBe(0.625);
    const [truth, told] = [[0, 1, 2, 0, 1, 2], [0, 2, 1, 0, 0, 1]]; // biome-ignore format: two lists
    expect(f1Score(truth!, told!, { average: "macro" })).toBeCloseTo(0.8 / 3, 12);
    expect(f1Score(truth!, told!, { average: "micro" })).toBeCloseTo(1 / 3, 12);
    expect(f1Score(truth!, told!, { average: "weighted" })).toBeCloseTo(0.8 / 3, 12);
  });

  it("are 1 where all is right, and 0 where nothing can be told", () => {
    fc.assert(
      fc.property(classes, ([truth]) => {
        expect(accuracy(truth, truth)).toBe(1);
        expect(balancedAccuracy(truth, truth)).toBe(1);
        expect(f1Score(truth, truth, { average: "macro" })).toBe(1);
        expect(matthews(truth, truth)).toBe(new Set(truth).size > 1 ? 1 : 0);
        const constant = truth.map(() => 0);
        expect(matthews(truth, constant)).toBe(0);
        expect(balancedAccuracy(truth, constant)).toBeCloseTo(
          truth.includes(0) ? 1 / new Set(truth).size : 0,
          12,
        );
      }),
    );
  });

  it("do not depend on the order of examples, nor Matthews on who is right", () => {
    fc.assert(
      fc.property(classes, ([truth, told]) => {
        const reversed = [truth.toReversed(), told.toReversed()] as const;
        for (const metric of [accuracy, balancedAccuracy, matthews]) {
          expect(metric(...reversed)).toBeCloseTo(metric(truth, told), 12);
        }
        expect(matthews(told, truth)).toBeCloseTo(matthews(truth, told), 12);
        expect(Math.abs(matthews(truth, told))).toBeLessThanOrEqual(1 + 1e-12);
      }),
    );
  });

  it("refuse what are no classes", () => {
    expect(() => accuracy([0, 1], [0])).toThrow(
      "as many predictions as labels, and at least one; 2 labels, got 1",
    );
    expect(() => accuracy([], [])).toThrow("at least one");
    expect(() => accuracy([0, -1], [0, 0])).toThrow("wanted classes from 0 on, got -1");
    expect(() => confusionMatrix([0, 2], [0, 0], 2)).toThrow("wanted classes from 0 on below 2, got 2");
  });

  it("perplexity is the number of equal choices", () => {
    expect(perplexity(Math.log(65))).toBeCloseTo(65, 9);
  });
});

describe("classificationReport", () => {
  it("prints what scikit-learn does", () => {
    const names = ["class 0", "class 1", "class 2"];
    expect(classificationReport([0, 1, 2, 2, 2], [0, 0, 2, 2, 1], { names })).toBe(
      [
        "              precision    recall  f1-score   support",
        "",
        "     class 0       0.50      1.00      0.67         1",
        "     class 1       0.00      0.00      0.00         1",
        "     class 2       1.00      0.67      0.80         3",
        "",
        "    accuracy                           0.60         5",
        "   macro avg       0.50      0.56      0.49         5",
        "weighted avg       0.70      0.60      0.61         5",
      ].join("\n"),
    );
  });

  it("names classes by number, and takes more digits", () => {
    const lines = classificationReport(labels, predictions, { digits: 3 }).split("\n");
    expect(lines[2]).toBe("           0      0.750     1.000     0.857         3");
    expect(lines[5]).toBe("    accuracy                          0.800         5");
    expect(new Set(lines.filter((line) => line !== "").map(({ length }) => length)).size).toBe(1);
  });
});
