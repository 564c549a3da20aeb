import { ArgumentError } from "../errors.ts";
import { exp } from "../math.ts";

/** Classes, from 0 on: one for each example. */
export type Classes = ArrayLike<number>;

/**
 * How often each class was told as each: row i, column j counts the examples of class i that were told as j.
 * [K, K]
 *
 * `classes`: K. Default: one more than the highest class that occurs.
 *
 * @throws ArgumentError for lists of unequal length or none, or what is no class
 */
export function confusionMatrix(labels: Classes, predictions: Classes, classes?: number): number[][] {
  if (labels.length !== predictions.length || labels.length === 0) {
    const wanted = `as many predictions as labels, and at least one; ${labels.length} labels`;
    throw new ArgumentError("confusionMatrix", wanted, predictions.length);
  }
  let highest = -1;
  for (const list of [labels, predictions]) {
    for (let i = 0; i < list.length; i++) highest = Math.max(highest, checkClass(list[i]!, classes));
  }
  const size = classes ?? highest + 1;
  const matrix = Array.from({ length: size }, () => new Array<number>(size).fill(0));
  for (let i = 0; i < labels.length; i++) matrix[labels[i]!]![predictions[i]!]!++;
  return matrix;
}

function checkClass(value: number, classes = Infinity): number {
  if (Number.isInteger(value) && value >= 0 && value < classes) return value;
  const below = classes === Infinity ? "" : ` below ${classes}`;
  throw new ArgumentError("confusionMatrix", `classes from 0 on${below}`, value);
}

/** Share of examples that were told right. */
export function accuracy(labels: Classes, predictions: Classes): number {
  const matrix = confusionMatrix(labels, predictions);
  return ratio(sum(diagonal(matrix)), labels.length);
}

/**
 * Mean of the shares told right of each class that occurs (Brodersen et al. 2010): chance is 1/K however rare
 * a class is.
 */
export function balancedAccuracy(labels: Classes, predictions: Classes): number {
  const occurring = scoresOf(confusionMatrix(labels, predictions)).filter(({ support }) => support > 0);
  return mean(occurring.map(({ recall }) => recall));
}

export interface F1Options {
  /**
   * "binary": of the class `positive`; "macro": the mean over classes; "weighted": that mean weighted by how
   * often each occurs; "micro": of all decisions together, which is the accuracy. Default "binary".
   */
  readonly average?: "binary" | "macro" | "micro" | "weighted";
  /** Default 1. */
  readonly positive?: number;
}

/** 2·precision·recall/(precision + recall), 0 where both are 0. */
export function f1Score(labels: Classes, predictions: Classes, options: F1Options = {}): number {
  const { average = "binary", positive = 1 } = options;
  const matrix = confusionMatrix(labels, predictions);
  if (average === "micro") return ratio(sum(diagonal(matrix)), labels.length);
  const scores = scoresOf(matrix);
  if (average === "binary") return scores[positive]?.f1 ?? 0;
  const met = scores.filter(({ support, told }) => support + told > 0);
  return average === "macro" ? mean(met.map(({ f1 }) => f1)) : weighted(met, "f1");
}

/**
 * The correlation of labels and predictions: 1 where all are right, 0 as good as chance (Matthews 1975; for
 * more than two classes Gorodkin 2004). 0 where only one class occurs, or was told.
 *
 *   (c·n - Σ tₖ·pₖ) / √((n² - Σ pₖ²)·(n² - Σ tₖ²))
 *
 * with c of n examples right, and class k occurring tₖ times and told pₖ times.
 */
export function matthews(labels: Classes, predictions: Classes): number {
  const matrix = confusionMatrix(labels, predictions);
  const scores = scoresOf(matrix);
  const n = labels.length;
  const over = (by: (score: ClassScores) => number) => sum(scores.map(by));
  const covariance = sum(diagonal(matrix)) * n - over(({ support, told }) => support * told);
  const spreadTold = n * n - over(({ told }) => told * told);
  const spreadTrue = n * n - over(({ support }) => support * support);
  return ratio(covariance, Math.sqrt(spreadTold * spreadTrue));
}

/**
 * e to the mean negative log-likelihood of a symbol, in nats: among how many a model might as well be
 * choosing.
 */
export const perplexity = (meanNegativeLogLikelihood: number): number => exp(meanNegativeLogLikelihood);

/** How well one class is told from the others. */
export interface ClassScores {
  /** Share of right ones among those told to be of the class; 0 where none was. */
  readonly precision: number;
  /** Share of the class's examples that were found; 0 where there are none. */
  readonly recall: number;
  readonly f1: number;
  /** Examples of the class. */
  readonly support: number;
  /** Examples told to be of the class. */
  readonly told: number;
}

/** The scores of each class of a confusion matrix. */
export function scoresOf(matrix: readonly (readonly number[])[]): ClassScores[] {
  return matrix.map((row, k) => {
    const right = row[k]!;
    const support = sum(row);
    const told = sum(matrix.map((other) => other[k]!));
    const [precision, recall] = [ratio(right, told), ratio(right, support)];
    return { precision, recall, f1: ratio(2 * right, told + support), support, told };
  });
}

/** Mean of a score over classes, weighted by how often they occur. */
export function weighted(scores: readonly ClassScores[], field: "precision" | "recall" | "f1"): number {
  return ratio(
    sum(scores.map((score) => score[field] * score.support)),
    sum(scores.map(({ support }) => support)),
  );
}

export const mean = (values: readonly number[]): number => ratio(sum(values), values.length);

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const diagonal = (matrix: readonly (readonly number[])[]) => matrix.map((row, k) => row[k]!);
const ratio = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);
