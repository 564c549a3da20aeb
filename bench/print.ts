import { memoryTable } from "./memory.ts";
import { coldTable, profileTable, resultTable, significant, warnings } from "./report.ts";
import type { Report } from "./run.ts";
import { startupLine } from "./startup.ts";

/** What a run found about the machine. */
export function machineText({ node, build, clock, load, peak }: Report): string {
  const bandwidths = peak.bandwidth.map(
    ({ bytes, read, copy }) =>
      `${significant(bytes / 2 ** 20)} MiB: read ${significant(read)} GB/s, copy ${significant(copy)} GB/s`,
  );
  return [
    `Node ${node}, ${build} kernels, ${clock} clock, load ${load.toFixed(1)}`,
    `multiply-add peak ${significant(peak.multiplyAdd)} GFLOP/s (${peak.loop})`,
    ...bandwidths,
  ].join("\n");
}

/** Tables of all that a run measured beside its cases. */
export function restText({ cold, profiles, memory, startup }: Report): string {
  return [
    ...(cold.length > 0 ? [coldTable(cold)] : []),
    ...profiles.map(profileTable),
    ...(memory ? [memoryTable(memory)] : []),
    ...(startup ? [startupLine(startup)] : []),
  ].join("\n\n");
}

/** A whole run as tables for people. */
export function reportText(report: Report): string {
  const { results } = report;
  const cases = results.length > 0 ? [[resultTable(results), ...warnings(results)].join("\n")] : [];
  return [machineText(report), ...cases, restText(report)].filter(Boolean).join("\n\n");
}
