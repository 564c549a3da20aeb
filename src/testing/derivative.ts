/** A derivative found numerically. */
export interface Estimate {
  readonly value: number;
  /** About how wrong `value` is; large where the function has a kink or a pole nearby. */
  readonly error: number;
}

/**
 * Largest step; the others are smaller by powers of RATIO, down to 4e-5, where rounding in f64 is still
 * below 1e-11.
 */
const LARGEST_STEP = 1e-2;
const RATIO = 3;
const LEVELS = 6;
/** Relative error at which no smaller step is tried. */
const GOOD_ENOUGH = 1e-10;

/**
 * f'(0) from central differences at falling steps, extrapolated to step zero; the best-agreeing pair of
 * extrapolations wins, so a kink or a pole within the larger steps does no harm. Ridders 1982, "Accurate
 * computation of F'(x) and F'(x)F''(x)".
 *
 *   D(h₀)
 *   D(h₁)  E₁₁             Eᵢⱼ removes the error's term in h²ʲ
 *   D(h₂)  E₂₁  E₂₂
 */
export function derivativeAtZero(f: (t: number) => number): Estimate {
  let best: Estimate = { value: Number.NaN, error: Number.POSITIVE_INFINITY };
  let above: number[] = [];
  for (let level = 0, step = LARGEST_STEP; level < LEVELS; level++, step /= RATIO) {
    const row = [(f(step) - f(-step)) / (2 * step)];
    for (let j = 1, factor = RATIO ** 2; j <= level; j++, factor *= RATIO ** 2) {
      const value = (factor * row[j - 1]! - above[j - 1]!) / (factor - 1);
      const error = Math.max(Math.abs(value - row[j - 1]!), Math.abs(value - above[j - 1]!));
      row.push(value);
      if (error < best.error) best = { value, error };
    }
    if (best.error <= GOOD_ENOUGH * (1 + Math.abs(best.value))) break;
    above = row;
  }
  return best;
}
