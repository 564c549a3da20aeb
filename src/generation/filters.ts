import { log } from "../math.ts";
import { nthLargest } from "./selection.ts";

/**
 * What leaves only some tokens a chance. chances [V] need no certain sum; logits [V] rank them, since chances
 * may be equal where logits are not. Each filter gives new chances, 0 where a token is out; of equals the
 * first is the better one.
 */

type Logits = Float32Array | Float64Array;

/** Keeps the `count` best. */
export function topK(chances: Float64Array, logits: Logits, count: number): Float64Array {
  if (count >= chances.length) return chances;
  const cut = nthLargest(logits, count);
  let better = 0;
  for (let i = 0; i < logits.length; i++) if (logits[i]! > cut) better++;
  // Of those that are as good as the worst one kept, only so many of the first may stay.
  let equals = count - better;
  return chances.map((chance, i) => (logits[i]! > cut || (logits[i] === cut && equals-- > 0) ? chance : 0));
}

/**
 * Keeps the fewest of the best whose chances reach the part `share` of the sum (Holtzman et al. 2020, "The
 * Curious Case of Neural Text Degeneration").
 */
export function topP(chances: Float64Array, logits: Logits, share: number): Float64Array {
  const total = sum(chances);
  // All below this together are less than the part that may go, so the nucleus is among the others.
  const least = ((1 - share) * total) / chances.length;
  const falling = chances
    .filter((chance) => chance >= least)
    .sort()
    .reverse();
  let reached = 0;
  let count = 0;
  while (count < falling.length && reached < share * total) reached += falling[count++]!;
  return topK(chances, logits, count);
}

/**
 * Keeps those whose chance is at least the part `share` of the best one's (Nguyen et al. 2024, "Turning Up
 * the Heat: Min-p Sampling").
 */
export function minP(chances: Float64Array, share: number): Float64Array {
  const least = share * chances.reduce((a, b) => Math.max(a, b), 0);
  return chances.map((chance) => (chance >= least ? chance : 0));
}

/**
 * Keeps the fewest of the most typical tokens whose chances reach the part `share` of the sum: those whose
 * information, -log p, is nearest to what is expected of a token, the entropy (Meister et al. 2023, "Locally
 * Typical Sampling", equation 7).
 */
export function typical(chances: Float64Array, share: number): Float64Array {
  const total = sum(chances);
  const information = chances.map((chance) => -log(chance / total));
  let entropy = 0;
  chances.forEach((chance, i) => {
    if (chance > 0) entropy += (chance / total) * information[i]!;
  });
  const distance = information.map((value) => Math.abs(value - entropy));
  const ranking = [...chances.keys()].filter((i) => chances[i]! > 0);
  ranking.sort((a, b) => distance[a]! - distance[b]! || a - b);
  const kept = new Float64Array(chances.length);
  let reached = 0;
  for (const i of ranking) {
    if (reached >= share * total) break;
    kept[i] = chances[i]!;
    reached += chances[i]!;
  }
  return kept;
}

export function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
