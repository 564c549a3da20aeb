import { parseArgs } from "node:util";
import { isPart, type Part, parts } from "./case.ts";
import { type Clock, clocks, isClockName } from "./clock.ts";

/** What the command line asks for. */
export interface Options {
  readonly parts: readonly Part[];
  /** Only cases whose name and size contain it. */
  readonly filter: string;
  readonly clock: Clock;
  readonly rounds: number;
  /** Milliseconds of measuring in each round. */
  readonly time: number;
  /** Leave tables out: one JSON document is all that is printed. */
  readonly json: boolean;
}

export const usage = `npm run bench -- [PART…] [OPTIONS]       ${parts.join(", ")}; default all
npm run bench -- compare REV [PART…] [OPTIONS]   the working tree against another revision

  --node VERSION   run under this Node: a version (fetched from npm as needed) or a path
  --filter TEXT    only cases whose name and size contain TEXT
  --rounds N       how often yardstick and case take turns (7)
  --time MS        milliseconds of measuring in each round (30)
  --clock CLOCK    wall (default), or cpu on a busy machine: the time that the process was given
  --json           print only the JSON document`;

/** @throws Error with a line that says what is wrong */
export function parseOptions(args: readonly string[]): Options & { readonly words: readonly string[] } {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      filter: { type: "string", default: "" },
      rounds: { type: "string", default: "7" },
      time: { type: "string", default: "30" },
      clock: { type: "string", default: "wall" },
      json: { type: "boolean", default: false },
    },
  });
  const { filter, clock, json } = values;
  if (!isClockName(clock)) throw new Error(`--clock is wall or cpu, not ${clock}`);
  const chosen = positionals.filter(isPart);
  return {
    parts: chosen.length > 0 ? chosen : parts,
    words: positionals.filter((word) => !isPart(word)),
    filter,
    clock: clocks[clock],
    rounds: positive("rounds", values.rounds),
    time: positive("time", values.time),
    json,
  };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} is a number above 0, not ${text}`);
  return value;
}
