import {
  accuracy,
  type Classes,
  type ClassScores,
  confusionMatrix,
  mean,
  scoresOf,
  weighted,
} from "./metrics.ts";

export interface ReportOptions {
  /** Names of the classes, by class. Default: their numbers. */
  readonly names?: readonly string[];
  /** Digits behind the point. Default 2. */
  readonly digits?: number;
}

const COLUMNS = ["precision", "recall", "f1-score", "support"] as const;

/**
 * Precision, recall and F1 of each class and on average, as a table of text.
 *
 *                 precision    recall  f1-score   support
 *
 *            Old       0.75      1.00      0.86         3
 *            New       1.00      0.50      0.67         2
 *
 *       accuracy                           0.80         5
 *      macro avg       0.88      0.75      0.76         5
 *   weighted avg       0.85      0.80      0.78         5
 */
export function classificationReport(
  labels: Classes,
  predictions: Classes,
  { names, digits = 2 }: ReportOptions = {},
): string {
  const matrix = confusionMatrix(labels, predictions, names?.length);
  const scores = scoresOf(matrix);
  const nameOf = (k: number) => names?.[k] ?? String(k);
  const shown = scores.flatMap((score, k) =>
    names || score.support + score.told > 0 ? [{ name: nameOf(k), score }] : [],
  );
  const first = Math.max("weighted avg".length, ...shown.map(({ name }) => name.length));
  const width = Math.max(9, digits + 4);
  const line = (name: string, cells: readonly string[]) =>
    `${name.padStart(first)} ${cells.map((cell) => ` ${cell.padStart(width)}`).join("")}`;
  const rowOf = (name: string, { precision, recall, f1, support }: Omit<ClassScores, "told">) =>
    line(name, [...[precision, recall, f1].map((value) => value.toFixed(digits)), String(support)]);
  const all = shown.map(({ score }) => score);
  const average = (by: (field: "precision" | "recall" | "f1") => number) => ({
    precision: by("precision"),
    recall: by("recall"),
    f1: by("f1"),
    support: labels.length,
  });
  const right = accuracy(labels, predictions).toFixed(digits);
  return [
    line("", COLUMNS),
    "",
    ...shown.map(({ name, score }) => rowOf(name, score)),
    "",
    line("accuracy", ["", "", right, String(labels.length)]),
    rowOf(
      "macro avg",
      average((field) => mean(all.map((score) => score[field]))),
    ),
    rowOf(
      "weighted avg",
      average((field) => weighted(all, field)),
    ),
  ].join("\n");
}
