import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** One evaluation, a line of `metrics.jsonl`. */
export interface Metrics {
  readonly step: number;
  /** Mean over the updates since the evaluation before. */
  readonly trainLoss: number;
  /** Mean over batches that the seed fixes. */
  readonly validationLoss: number;
  readonly learningRate: number;
  /** While training, evaluations left out. */
  readonly tokensPerSecond: number;
}

/**
 * The evaluations of a run up to a step. Later ones are dropped from the file: they belong to what a run did before somebody went back to
 * an earlier checkpoint, or to a step that was not saved before the process was killed.
 */
export function goBackTo(step: number, runFolder: string): Metrics[] {
  const path = join(runFolder, "metrics.jsonl");
  if (!existsSync(path)) return [];
  const text = readFileSync(path, "utf8");
  const kept = text.split("\n").flatMap((line) => {
    const metrics = parse(line);
    return metrics !== null && metrics.step <= step ? [metrics] : [];
  });
  const rewritten = kept.map((metrics) => `${JSON.stringify(metrics)}\n`).join("");
  if (rewritten !== text) {
    const temporary = join(runFolder, ".tmp-metrics.jsonl");
    writeFileSync(temporary, rewritten, { flush: true });
    renameSync(temporary, path);
  }
  return kept;
}

/** Null for the rest of a line that a killed process left. */
function parse(line: string): Metrics | null {
  try {
    return JSON.parse(line) as Metrics | null;
  } catch {
    return null;
  }
}
