import { parseArgs } from "node:util";
import { isPart, type Part, parts } from "./case.ts";
import { type Clock, clocks, isClockName } from "./clock.ts";

/** What the command line asks for. */
export interface Options {
  readonly parts: readonly Part[];
  /** Words that are no parts: a command and what it needs. */
  readonly words: readonly string[];
  /** Only cases whose name and size contain it. */
  readonly filter: string;
  readonly clock: Clock;
  readonly rounds: number;
  /** Fresh processes among which the rounds of each case are shared out. */
  readonly processes: number;
  /** Milliseconds of measuring in each round. */
  readonly time: number;
  /** Leave tables out: one JSON document is all that is printed. */
  readonly json: boolean;
  /** Show the first calls of each case in fresh processes. */
  readonly cold: boolean;
  /** Leave out cases that throw: an older build may not know what they use. */
  readonly skipFailing: boolean;
  /** The case whose first calls this process is for. */
  readonly first: string | null;
  /** The Node to run under, where it is another one. */
  readonly node: string | null;
  /** The command line without `node`. */
  readonly withoutNode: readonly string[];
}

export const usage = `npm run bench -- [PART…] [OPTIONS]       ${parts.join(", ")}; default all
npm run bench -- compare REV [PART…] [OPTIONS]   the working tree against another revision

  --node VERSION   run under this Node: a version (fetched from npm as needed) or a path
  --filter TEXT    only cases whose name and size contain TEXT
  --rounds N       how often yardstick and case, or both revisions, take turns (7)
  --processes N    fresh processes for each part, which share the rounds: medians, and the share in each (1)
  --time MS        milliseconds of measuring in each round (30)
  --clock CLOCK    wall (default), or cpu on a busy machine: the time that the process was given
  --cold           also the first and the hundredth call of each case, in fresh processes
  --json           print only the JSON document`;

/** @throws Error with a line that says what is wrong */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    allowPositionals: true,
    tokens: true,
    options: {
      filter: { type: "string", default: "" },
      rounds: { type: "string", default: "7" },
      processes: { type: "string", default: "1" },
      time: { type: "string", default: "30" },
      clock: { type: "string", default: "wall" },
      json: { type: "boolean", default: false },
      cold: { type: "boolean", default: false },
      "skip-failing": { type: "boolean", default: false },
      first: { type: "string" },
      node: { type: "string" },
    },
  });
  const { filter, clock, json, cold, first = null, node = null } = values;
  if (!isClockName(clock)) throw new Error(`--clock is wall or cpu, not ${clock}`);
  const chosen = positionals.filter(isPart);
  const nodeAt = tokens.find((token) => token.kind === "option" && token.name === "node");
  const length = nodeAt?.kind === "option" && !nodeAt.inlineValue ? 2 : 1;
  return {
    parts: chosen.length > 0 ? chosen : parts,
    words: positionals.filter((word) => !isPart(word)),
    filter,
    clock: clocks[clock],
    rounds: positive("rounds", values.rounds),
    processes: positive("processes", values.processes),
    time: positive("time", values.time),
    json,
    cold,
    skipFailing: values["skip-failing"],
    first,
    node,
    withoutNode: args.filter((_, i) => !nodeAt || i < nodeAt.index || i >= nodeAt.index + length),
  };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} is a number above 0, not ${text}`);
  return value;
}
