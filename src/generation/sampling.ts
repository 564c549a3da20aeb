import { ArgumentError, NonFiniteError } from "../errors.ts";
import { exp } from "../math.ts";

export interface SamplingOptions {
  /** Logits are divided by it: below 1 sharpens, above 1 flattens, 0 always takes the best. Default 1. */
  readonly temperature?: number;
  /** Draw from the so many best only. Default: all. */
  readonly topK?: number;
  /**
   * Draw from the fewest of the best whose probabilities reach this sum, between 0 and 1 (Holtzman et al.
   * 2020, "The Curious Case of Neural Text Degeneration"). Acts after topK. Default 1: all.
   */
  readonly topP?: number;
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
  const chances = tokenProbabilities(logits, options);
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
  const { temperature = 1, topK = logits.length, topP = 1 } = options;
  const best = bestToken(logits);
  checkOptions(temperature, topK, topP);
  const chances = new Float64Array(logits.length);
  if (temperature === 0) {
    chances[best] = 1;
    return chances;
  }
  const largest = logits[best]!;
  for (let i = 0; i < logits.length; i++) chances[i] = exp((logits[i]! - largest) / temperature);
  if (topK < logits.length) keepBest(chances, logits, topK);
  if (topP < 1) keepBest(chances, logits, nucleusSize(chances, topP));
  const total = sum(chances);
  for (let i = 0; i < chances.length; i++) chances[i] = chances[i]! / total;
  return chances;
}

function checkOptions(temperature: number, topK: number, topP: number): void {
  const fail = (wanted: string, got: number): never => {
    throw new ArgumentError("sampling", wanted, got);
  };
  if (!(temperature >= 0 && temperature < Number.POSITIVE_INFINITY))
    fail("a temperature from 0 on", temperature);
  if (!Number.isSafeInteger(topK) || topK < 1) fail("a topK from 1 on", topK);
  if (!(topP > 0 && topP <= 1)) fail("a topP above 0, 1 at most", topP);
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

/** The indices of the `count` largest logits, the largest first; of equals the first is the better one. logits: [V] */
export function bestTokens(logits: Logits, count: number): number[] {
  const best: number[] = [];
  for (let i = 0; i < logits.length; i++) {
    if (best.length === count && !(logits[i]! > logits[best[count - 1]!]!)) continue;
    let place = best.length;
    while (place > 0 && logits[i]! > logits[best[place - 1]!]!) place--;
    best.splice(place, 0, i);
    if (best.length > count) best.pop();
  }
  return best;
}

/** Sets the chances of all but the `count` best tokens to 0. */
function keepBest(chances: Float64Array, logits: Logits, count: number): void {
  const rising = new Float64Array(logits).sort();
  const cut = rising[rising.length - count]!;
  const better = rising.length - 1 - rising.lastIndexOf(cut);
  // Of those that are as good as the worst one kept, only so many of the first may stay.
  let equals = count - better;
  for (let i = 0; i < chances.length; i++) {
    if (logits[i]! > cut || (logits[i] === cut && equals-- > 0)) continue;
    chances[i] = 0;
  }
}

/** How many of the best chances it takes to reach the part `topP` of their sum. */
function nucleusSize(chances: Float64Array, topP: number): number {
  const rising = chances.slice().sort();
  const wanted = topP * sum(chances);
  let reached = 0;
  let count = 0;
  while (count < rising.length && reached < wanted) {
    count++;
    reached += rising[rising.length - count]!;
  }
  return count;
}

function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
