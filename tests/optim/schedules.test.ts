import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ArgumentError, FormatError } from "../../src/errors.ts";
import {
  constant,
  cosine,
  exponential,
  linear,
  oneCycle,
  type Schedule,
  scheduleFromJSON,
  step,
  warmup,
  warmupStableDecay,
} from "../../src/optim/schedules.ts";

type NumericOption =
  | ("step_size" | "gamma" | "factor" | "total_iters" | "start_factor" | "end_factor" | "T_max" | "eta_min")
  | ("max_lr" | "total_steps" | "pct_start" | "div_factor" | "final_div_factor")
  | ("lr" | "warmup_iters" | "decay_iters" | "min_lr");

/** PyTorch's options under their own names; each schedule has some of them. */
interface GoldenOptions extends Readonly<Record<NumericOption, number>> {
  readonly milestones: readonly number[];
  readonly anneal_strategy: "cos" | "linear";
  readonly three_phase?: boolean;
}

/** One schedule of PyTorch with the rates of its first 20 updates, in 12 significant digits. */
interface GoldenCase {
  readonly name: string;
  readonly base_lr: number;
  readonly options: GoldenOptions;
  readonly lr: readonly number[];
}

const golden = new URL("../golden/optim.json", import.meta.url);
const cases: readonly GoldenCase[] = JSON.parse(readFileSync(golden, "utf8")).schedules.cases;

/** Our schedule for each of PyTorch's, and why there is none for the rest. */
const translations: Readonly<Record<string, ((given: GoldenCase) => Schedule) | string>> = {
  StepLR: ({ base_lr: rate, options: { step_size: every, gamma: factor } }) => step({ rate, factor, every }),
  MultiStepLR: ({ base_lr: rate, options: { milestones, gamma: factor } }) =>
    step({ rate, factor, every: milestones }),
  ExponentialLR: ({ base_lr: rate, options: { gamma: factor } }) => exponential({ rate, factor }),
  ConstantLR: ({ base_lr: rate, options: { factor, total_iters } }) =>
    step({ rate: rate * factor, factor: 1 / factor, every: [total_iters] }),
  LinearLR: ({ base_lr: rate, options: { start_factor, end_factor, total_iters: steps } }) =>
    linear({ from: rate * start_factor, to: rate * end_factor, steps }),
  CosineAnnealingLR: ({ base_lr: peak, options: { T_max: steps, eta_min: minimum } }) =>
    cosine({ peak, minimum, steps }),
  OneCycleLR: ({ options }) =>
    oneCycle({
      peak: options.max_lr,
      steps: options.total_steps,
      riseShare: options.pct_start,
      startDivisor: options.div_factor,
      endDivisor: options.final_div_factor,
      shape: options.anneal_strategy === "cos" ? "cosine" : "linear",
      phases: options.three_phase ? 3 : 2,
    }),
  warmup_cosine: ({ options: { lr: peak, warmup_iters, decay_iters: steps, min_lr: minimum } }) =>
    cosine({ peak, minimum, steps, warmup: warmup_iters }),
  PolynomialLR: "not among the schedules that we build",
  CosineAnnealingWarmRestarts: "not among the schedules that we build; a cosine does not start again",
};

/** PyTorch's cosine rises again past T_max; ours, as nanoGPT's, stays at the minimum. */
const comparedUpdates = ({ name, options, lr }: GoldenCase) =>
  name === "CosineAnnealingLR" ? Math.min(lr.length, options.T_max + 1) : lr.length;

describe("schedules against PyTorch", () => {
  for (const [index, given] of cases.entries()) {
    const translate = translations[given.name];
    if (typeof translate !== "function") continue;
    it(`case ${index}: ${given.name} ${JSON.stringify(given.options)}`, () => {
      const schedule = translate(given);
      const count = comparedUpdates(given);
      for (const [update, expected] of given.lr.slice(0, count).entries()) {
        expect(Math.abs(schedule.at(update) - expected)).toBeLessThanOrEqual(1e-11 * expected);
      }
    });
  }

  it("leaves out only what it says", () => {
    const leftOut: string[] = [];
    for (const [index, given] of cases.entries()) {
      const translate = translations[given.name];
      const count = comparedUpdates(given);
      if (typeof translate !== "function") leftOut.push(`case ${index}, ${given.name}: ${translate}`);
      else if (count < given.lr.length) {
        leftOut.push(`case ${index}, ${given.name}, after update ${count - 1}: ours stays at the minimum`);
      }
    }
    console.info(`schedules left out:\n  ${leftOut.join("\n  ")}`);
    expect(cases.length).toBe(16);
    expect(leftOut.map((line) => /^case (\d+), (\w+)/.exec(line)?.slice(1))).toEqual([
      ["6", "PolynomialLR"],
      ["8", "CosineAnnealingLR"],
      ["9", "CosineAnnealingWarmRestarts"],
    ]);
  });
});

/** Rates that are exact in binary, so that equality means equality. */
const rate = fc.integer({ min: 1, max: 1000 }).map((n) => n / 1024);
const count = fc.integer({ min: 1, max: 50 });
const shape = fc.constantFrom("cosine" as const, "linear" as const);

const unnested: fc.Arbitrary<Schedule> = fc.oneof(
  fc.record({ rate }).map(constant),
  fc.record({ from: rate, to: rate, steps: count }).map(linear),
  fc.record({ rate, factor: rate, every: count }).map(step),
  fc.record({ rate, factor: rate, every: fc.constant([0, 3, 8]) }).map(step),
  fc.record({ rate, factor: rate }).map(exponential),
  fc.record({ peak: rate, minimum: rate, steps: count, warmup: count }).map(cosine),
  fc.record({ peak: rate, steps: count, phases: fc.constantFrom(2, 3), shape }).map(oneCycle),
  fc
    .record({ peak: rate, warmup: count, stable: count, decay: count, minimum: rate, shape })
    .map(warmupStableDecay),
);
const anySchedule = fc.oneof(
  unnested,
  fc.tuple(fc.nat(20), unnested).map(([steps, schedule]) => warmup(steps, schedule)),
);

describe("any schedule", () => {
  it("gives rates that an optimizer can use, at every step", () => {
    fc.assert(
      fc.property(anySchedule, fc.nat(200), (schedule, at) => {
        expect(schedule.at(at)).toBeGreaterThanOrEqual(0);
        expect(schedule.at(at)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("goes through JSON and gives the same bits", () => {
    fc.assert(
      fc.property(anySchedule, (schedule) => {
        const back = scheduleFromJSON(JSON.parse(JSON.stringify(schedule)));
        expect(back.toJSON()).toEqual(schedule.toJSON());
        for (let at = 0; at < 60; at++) expect(back.at(at)).toBe(schedule.at(at));
      }),
    );
  });

  it("cannot be changed", () => {
    const every = [3, 5];
    const schedule = step({ rate: 1, factor: 0.5, every });
    every[0] = 0;
    expect(schedule.at(0)).toBe(1);
    expect(Object.isFrozen(schedule) && Object.isFrozen(schedule.options)).toBe(true);
  });

  it.each([-1, 0.5, Number.NaN])("refuses the step %s", (at) => {
    expect(() => constant({ rate: 1 }).at(at)).toThrow(ArgumentError);
    expect(() => constant({ rate: 1 }).at(at)).toThrow("constant.at: wanted a number of completed steps");
  });
});

describe("cosine", () => {
  /** The main job: warm-up 100, from 1e-3 to 1e-4 over 700 steps. */
  const schedule = cosine({ peak: 1e-3, minimum: 1e-4, steps: 700, warmup: 100 });

  it("warms up in a line, peaks after the warm-up, ends at the minimum and stays there", () => {
    expect(schedule.at(0)).toBeCloseTo(1e-3 / 101, 15);
    expect(schedule.at(49)).toBeCloseTo((50 * 1e-3) / 101, 15);
    expect(schedule.at(100)).toBe(1e-3);
    expect(schedule.at(400)).toBeCloseTo(5.5e-4, 15);
    expect(schedule.at(700)).toBe(1e-4);
    expect(schedule.at(10_000)).toBe(1e-4);
  });

  it("is the same as a warm-up before a cosine without one", () => {
    const composed = warmup(100, cosine({ peak: 1e-3, minimum: 1e-4, steps: 600 }));
    for (let at = 0; at < 800; at++) expect(composed.at(at)).toBe(schedule.at(at));
  });

  it("only warms up where the horizon is shorter than the warm-up", () => {
    const short = cosine({ peak: 1, steps: 5, warmup: 9 });
    expect([4, 8, 9, 20].map(short.at)).toEqual([0.5, 0.9, 0, 0]);
  });
});

describe("warmupStableDecay", () => {
  it("has its three parts", () => {
    const schedule = warmupStableDecay({ peak: 1, warmup: 3, stable: 2, decay: 4, minimum: 0.5 });
    const rates = Array.from({ length: 12 }, (_, at) => schedule.at(at));
    expect(rates).toEqual([0.25, 0.5, 0.75, 1, 1, 1, 0.875, 0.75, 0.625, 0.5, 0.5, 0.5]);
  });

  it("may have parts without steps", () => {
    const schedule = warmupStableDecay({ peak: 1, warmup: 0, stable: 0, decay: 0 });
    expect(schedule.at(0)).toBe(0);
  });
});

describe("oneCycle", () => {
  it("ends at its last rate and stays there, also in a cycle of one step", () => {
    for (const phases of [2, 3] as const) {
      for (const steps of [1, 2, 3, 40]) {
        const schedule = oneCycle({ peak: 1, steps, phases });
        expect(schedule.at(steps - 1)).toBeCloseTo(4e-6, 12);
        expect(schedule.at(steps + 5)).toBe(1 / 25 / 10_000);
      }
    }
  });
});

describe("options", () => {
  it.each([
    [() => constant({ rate: -1 }), "constant: wanted a rate from 0 on as rate, got -1"],
    [() => constant({ rate: Number.NaN }), "got NaN"],
    [() => constant({} as { rate: number }), "got undefined"],
    [() => linear({ from: 1, to: 0, steps: 0 }), "a whole number from 1 on as steps, got 0"],
    [() => step({ rate: 1, factor: 0, every: 2 }), "a number above 0 as factor"],
    [() => step({ rate: 1, factor: 0.5, every: [3, 3] }), "a rising list of steps as every, got [3, 3]"],
    [() => step({ rate: 1, factor: 0.5, every: [] }), "a rising list of steps as every"],
    [() => oneCycle({ peak: 1, steps: 5, riseShare: 1 }), "a number between 0 and 1 as riseShare"],
    [() => oneCycle({ peak: 1, steps: 5, riseShare: 0.6, phases: 3 }), "a riseShare of 0.5 at most"],
    [() => oneCycle({ peak: 1, steps: 5, shape: "cos" as "cosine" }), '"cosine" or "linear" as shape'],
    [() => warmup(-1, constant({ rate: 1 })), "a whole number from 0 on as steps"],
    [() => warmup(1, { name: "constant" } as Schedule), "a schedule as schedule"],
    [() => cosine({ peak: 1, steps: 5, maximum: 2 } as never), "options peak, minimum, steps, warmup, got"],
  ])("out of range are refused: %s", (make, message) => {
    expect(make).toThrow(ArgumentError);
    expect(make).toThrow(message);
  });
});

describe("scheduleFromJSON", () => {
  const inner = { name: "constant", options: { rate: 1 } };
  it.each([
    [undefined, "wanted an object"],
    [{ ...inner, step: 3 }, 'unknown key "step"'],
    [{ ...inner, name: "toString" }, "name must be one of constant, linear"],
    [{ name: "constant" }, "options must be an object"],
    [{ name: "constant", options: { rate: "1" } }, "constant: wanted a rate from 0 on as rate"],
    [{ name: "constant", options: { rate: 1, steps: 3 } }, "constant: wanted options rate"],
    [{ name: "warmup", options: { steps: 3 } }, "wanted an object"],
    [{ name: "warmup", options: { steps: 3, schedule: { name: "x", options: {} } } }, "name must be one of"],
    [{ name: "warmup", options: { steps: -3, schedule: inner } }, "warmup: wanted a whole number from 0 on"],
  ])("refuses %j", (state, message) => {
    const read = () => scheduleFromJSON(state, "trainer.json");
    expect(read).toThrow(FormatError);
    expect(read).toThrow(`trainer.json: schedule: ${message}`);
  });
});
