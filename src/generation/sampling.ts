import { ArgumentError, NonFiniteError } from "../errors.ts";
import { exp } from "../math.ts";
import { minP, sum, topK, topP, typical } from "./filters.ts";

/** How a token is drawn. The options act in this order; those that are left out do nothing. */
export interface SamplingOptions {
  /** Logits are divided by it: below 1 sharpens, above 1 flattens, 0 always takes the best. Default 1. */
  readonly temperature?: number;
  /** Draw from so many of the best only. */
  readonly topK?: number;
  /**
   * Draw from the fewest of the best whose probabilities reach this sum, above 0, 1 at most (Holtzman et al.
   * 2020).
   */
  readonly topP?: number;
  /** Draw from those that are at least this part, 0 to 1, as likely as the best (Nguyen et al. 2024). */
  readonly minP?: number;
  /**
   * Draw from the fewest of the most typical whose probabilities reach this sum, above 0, 1 at most (Meister
   * et al. 2023).
   */
  readonly typical?: number;
}

type Logits = Float32Array | Float64Array;

/**
 * The token that a uniform number in [0, 1) draws. The same numbers give the same token on every engine.
 *
 * logits: [V]
 */
export function sampleToken(logits: Logits, uniform: number, options: SamplingOptions = {}): number {
  if (!(uniform >= 0 && uniform < 1))
    throw new ArgumentError("sampleToken", "a uniform number in [0, 1)", uniform);
  if (options.temperature !== 0) return drawToken(tokenProbabilities(logits, options), uniform);
  checkSampling(options);
  return bestToken(logits);
}

/** The token whose part of [0, 1) the uniform number lies in. chances: [V], of sum 1 */
export function drawToken(chances: Float64Array, uniform: number): number {
  let total = 0;
  let token = 0;
  for (let i = 0; i < chances.length && total <= uniform; i++) {
    if (chances[i] === 0) continue;
    token = i;
    total += chances[i]!;
  }
  // Where rounding left the total below `uniform`, this is the last token that has a chance.
  return token;
}

/**
 * The probabilities from which sampleToken draws. Where logits are equal, the lower index counts as the
 * better one, so topK leaves exactly k tokens. A logit of -Infinity is a token that cannot come.
 *
 * logits, result: [V]
 */
export function tokenProbabilities(logits: Logits, options: SamplingOptions = {}): Float64Array {
  const best = bestToken(logits);
  checkSampling(options);
  const { temperature = 1 } = options;
  if (temperature === 0) {
    const certain = new Float64Array(logits.length);
    certain[best] = 1;
    return certain;
  }
  const largest = logits[best]!;
  let chances: Float64Array = new Float64Array(logits).map((logit) => exp((logit - largest) / temperature));
  if (options.topK !== undefined) chances = topK(chances, logits, options.topK);
  if (options.topP !== undefined && options.topP < 1) chances = topP(chances, logits, options.topP);
  if (options.minP !== undefined) chances = minP(chances, options.minP);
  if (options.typical !== undefined && options.typical < 1) chances = typical(chances, options.typical);
  const total = sum(chances);
  return chances.map((chance) => chance / total);
}

/** @throws ArgumentError for an option out of its range */
export function checkSampling(options: SamplingOptions): void {
  const { temperature = 1, topK: count = 1, topP: nucleus = 1, minP: least = 0, typical: mass = 1 } = options;
  const check = (holds: boolean, wanted: string, got: number) => {
    if (!holds) throw new ArgumentError("sampling", wanted, got);
  };
  check(temperature >= 0 && temperature < Number.POSITIVE_INFINITY, "a temperature from 0 on", temperature);
  check(Number.isSafeInteger(count) && count >= 1, "a topK from 1 on", count);
  check(nucleus > 0 && nucleus <= 1, "a topP above 0, 1 at most", nucleus);
  check(least >= 0 && least <= 1, "a minP from 0 to 1", least);
  check(mass > 0 && mass <= 1, "a typical above 0, 1 at most", mass);
}

/** The first of the largest logits. */
function bestToken(logits: Logits): number {
  if (logits.length === 0) throw new ArgumentError("sampling", "at least one logit", []);
  let best = 0;
  for (let i = 0; i < logits.length; i++) {
    if (Number.isNaN(logits[i]!)) throw new NonFiniteError("sampling", `the logit of token ${i} is NaN`);
    if (logits[i]! > logits[best]!) best = i;
  }
  if (!Number.isFinite(logits[best]!)) {
    throw new NonFiniteError("sampling", `the largest logit, of token ${best}, is ${logits[best]}`);
  }
  return best;
}
