import type { Cold } from "./cold.ts";
import type { Result } from "./measure.ts";
import type { Profile } from "./profile.ts";

/** Lines of a table: text on the left, numbers on the right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  );
  const isNumber = (column: number) => rows.length > 0 && rows.every((row) => /^[-\d.∞]/.test(row[column]!));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        isNumber(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join("  ")
      .trimEnd();
  return [header, ...rows].map(line).join("\n");
}

const header = ["case", "size", "rate", "unit", "of limit", "ms", "±", "n", "error"];

export function resultTable(results: readonly Result[]): string {
  return table(
    header,
    results.map((result) => [
      result.name,
      result.size,
      significant(result.rate),
      result.unit,
      result.share === null ? "-" : percent(result.share),
      significant(result.milliseconds),
      percent(result.spread),
      String(result.samples),
      result.error.toExponential(1),
    ]),
  );
}

/** First calls of cases in fresh processes. */
export function coldTable(
  rows: readonly (Cold & { readonly name: string; readonly size: string })[],
): string {
  return table(
    ["in a fresh process", "size", "first ms", "hundredth ms", "times"],
    rows.map(({ name, size, first, hundredth }) => [
      name,
      size,
      significant(first),
      significant(hundredth),
      significant(first / hundredth),
    ]),
  );
}

/** A loud line for each case that beats its yardstick: the yardstick is wrong then, or was disturbed. */
export function warnings(
  results: readonly Pick<Result, "name" | "size" | "share" | "impossible">[],
): string[] {
  return results
    .filter(({ impossible }) => impossible)
    .map(
      ({ name, size, share }) =>
        `!!! ${name} ${size} at ${percent(share!)} is faster than the machine can be`,
    );
}

export function profileTable({ name, kernels, kernelTime, overhead, ...counts }: Profile): string {
  const step = kernelTime + overhead;
  const rows = kernels.map(({ kernel, calls, time, share }) => [
    kernel,
    String(calls),
    significant(time),
    percent(share),
  ]);
  const rest = [
    "outside of kernels",
    String(counts.recordedOps),
    significant(overhead),
    percent(overhead / step),
  ];
  const perOp = `${significant(counts.overheadPerOp)} µs overhead for each of ${counts.recordedOps} recorded ops`;
  return [
    `${name}: ${significant(step / 1000)} ms, ${perOp}`,
    table(["kernel", "calls", "µs", "of step"], [...rows, rest]),
  ].join("\n");
}

export const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;

export function significant(value: number): string {
  if (value === 0) return "0";
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 6));
}
