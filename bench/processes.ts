import type { Part } from "./case.ts";
import { runBench } from "./child.ts";
import type { Result } from "./measure.ts";
import type { Options } from "./options.ts";
import { machineText, restText } from "./print.ts";
import { percent, significant, table, warnings } from "./report.ts";
import { cases, type Report } from "./run.ts";
import { median } from "./statistics.ts";

/** A case in several processes. */
export interface Repeated {
  readonly name: string;
  readonly size: string;
  readonly unit: string;
  /** Medians over the processes. */
  readonly rate: number;
  readonly milliseconds: number;
  readonly share: number | null;
  /** Whether that is more than all. */
  readonly impossible: boolean;
  /** Of each process, in the order in which they ran. */
  readonly shares: readonly (number | null)[];
  readonly error: number;
}

/** All that several processes measured: the last line of the output. */
export interface RepeatedReport {
  readonly results: readonly Repeated[];
  readonly reports: readonly Report[];
}

/**
 * Runs each part in fresh processes, one after the other, so that neither what one process met with (another program at its side, an unlucky
 * place in memory) nor a slow minute of the machine decides. The rounds are shared out among them.
 */
export async function runProcesses(options: Options): Promise<RepeatedReport> {
  const { parts, processes, filter, clock, rounds, time } = options;
  const chosen = ["--filter", filter, "--clock", clock.name, "--time", String(time), "--json"];
  const share = ["--rounds", String(Math.ceil(rounds / processes))];
  const results: Repeated[] = [];
  const reports: Report[] = [];
  for (const part of parts) {
    const ofPart: Report[] = [];
    const count = hasCases(part) ? processes : 1;
    for (let i = 0; i < count; i++) {
      const report = await runBench(process.execPath, process.argv[1]!, [part, ...chosen, ...share]);
      ofPart.push(report as Report);
      console.error(`  ${part}: process ${i + 1} of ${count}`);
    }
    results.push(...repeatedOf(ofPart));
    reports.push(...ofPart);
  }
  if (!options.json) {
    const rest = reports.map(restText);
    const cases = [repeatedTable(results), ...warnings(results)].join("\n");
    console.log([machineText(reports[0]!), cases, ...rest].filter(Boolean).join("\n\n"));
  }
  return { results, reports };
}

const hasCases = (part: Part) => cases.some((one) => one.part === part);

/** The cases of reports that all have the same ones. */
function repeatedOf(reports: readonly Report[]): Repeated[] {
  return reports[0]!.results.map(({ name, size, unit }, i) => {
    const all = reports.map(({ results }) => results[i]!);
    const middle = (value: (result: Result) => number) => median(all.map(value));
    const shares = all.map((result) => result.share);
    const share = shares.includes(null) ? null : middle((result) => result.share!);
    return {
      name,
      size,
      unit,
      rate: middle(({ rate }) => rate),
      milliseconds: middle(({ milliseconds }) => milliseconds),
      share,
      impossible: share !== null && share > 1,
      shares,
      error: Math.max(...all.map(({ error }) => error)),
    };
  });
}

function repeatedTable(results: readonly Repeated[]): string {
  return table(
    ["case", "size", "rate", "unit", "of limit", "in each process", "ms", "error"],
    results.map(({ name, size, unit, rate, milliseconds, share, shares, error }) => [
      name,
      size,
      significant(rate),
      unit,
      share === null ? "-" : percent(share),
      shares.map((one) => (one === null ? "-" : percent(one))).join(" "),
      significant(milliseconds),
      error.toExponential(1),
    ]),
  );
}
