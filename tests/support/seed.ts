import fc from "fast-check";

/**
 * Randomised tests draw the same cases every time; LANEGRAD_SEED=N draws others, and LANEGRAD_RUNS
 * multiplies how many (`npm run test:long`). A failure prints the seed and the path that replay it.
 */
export const seed = Number(process.env.LANEGRAD_SEED ?? 1337);

/** How many times more cases than usual to draw. */
export const effort = Number(process.env.LANEGRAD_RUNS ?? 1);

fc.configureGlobal({ seed, numRuns: 50 * effort });
