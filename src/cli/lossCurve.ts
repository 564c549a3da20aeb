import plot from "simple-ascii-chart";
import type { Metrics } from "./metrics.ts";

/** A loss and the updates that were done when it was measured. */
export type LossPoint = readonly [step: number, loss: number];

/** Left of the plot stand an axis and its numbers. */
const MARGIN = 8;
const HEIGHT = 14;

/**
 * The losses of a run as a curve for a terminal: those of the steps, and of what came before `losses` one for each evaluation. Empty where
 * there is no curve to draw yet.
 */
export function lossCurve(
  evaluations: readonly Metrics[],
  losses: readonly LossPoint[],
  columns: number,
): string {
  const width = Math.max(20, Math.min(72, columns - MARGIN));
  const first = losses[0]?.[0] ?? Number.POSITIVE_INFINITY;
  const before = evaluations.filter(({ step }) => step < first);
  const training = [
    ...before.map(({ step, trainLoss }): LossPoint => [step, trainLoss]),
    ...thinned(losses, width),
  ];
  if (training.length < 2) return "";
  const validation = evaluations.map(({ step, validationLoss }) => ({ x: step, y: validationLoss }));
  const heights = [...training.map(([, loss]) => loss), ...validation.map(({ y }) => y)];
  const steps = [training[0]![0], training.at(-1)![0]] as const;
  const range: [number, number] = [Math.min(...heights), Math.max(...heights)];
  const curve = plot(
    training.map(([step, loss]) => [step, loss]),
    {
      width,
      height: HEIGHT,
      yRange: range,
      customXAxisTicks: ticks(...steps, Math.floor(width / 10)),
      customYAxisTicks: ticks(...range, HEIGHT / 2),
      points: validation,
      formatter: (value) => value,
    },
  );
  const lines = curve.split("\n").map((line) => line.trimEnd());
  return ["loss in training ━, in validation ●; by step", ...lines.filter((line) => line !== "")].join("\n");
}

/** Means of as many neighbours as it takes to have one point for each column. */
function thinned(losses: readonly LossPoint[], width: number): LossPoint[] {
  const each = Math.ceil(losses.length / width);
  const points: LossPoint[] = [];
  for (let i = 0; i < losses.length; i += each) {
    const part = losses.slice(i, i + each);
    points.push([part.at(-1)![0], part.reduce((sum, [, loss]) => sum + loss, 0) / part.length]);
  }
  return points;
}

/** At most so many round numbers in a range: multiples of 1, 2 or 5 times a power of ten. */
function ticks(low: number, high: number, count: number): number[] {
  for (let power = -6; ; power++) {
    for (const digit of [1, 2, 5]) {
      const gap = Number(`${digit}e${power}`);
      const from = Math.ceil(low / gap);
      const to = Math.floor(high / gap);
      if (to - from >= count) continue;
      return Array.from({ length: to - from + 1 }, (_, i) => Number(((from + i) * gap).toPrecision(9)));
    }
  }
}
