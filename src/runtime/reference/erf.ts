/** Where the two ways to compute meet. */
const MEETING_POINT = 1.5;

/** Terms of the series: below the meeting point the last one is less than 1e-20 of the sum. */
const SERIES_TERMS = 28;

/** Levels of the continued fraction: from the meeting point on the rest is less than 1e-20 of the value. */
const FRACTION_LEVELS = 150;

/** erf(x) = 2/√π·∫₀ˣ exp(-t²) dt, to about 1e-15. */
export function erf(x: number): number {
  if (Math.abs(x) < MEETING_POINT) return series(x);
  return x < 0 ? continuedFraction(-x) - 1 : 1 - continuedFraction(x);
}

/**
 * Φ(x) = (1 + erf(x/√2))/2, the distribution function of the normal distribution, without cancellation in its
 * lower tail.
 */
export function normalDistribution(x: number): number {
  const scaled = x / Math.SQRT2;
  if (scaled <= -MEETING_POINT) return continuedFraction(-scaled) / 2;
  return (1 + erf(scaled)) / 2;
}

/**
 * erf(x) = 2/√π·exp(-x²)·Σ 2ⁿx²ⁿ⁺¹/(2n+1)!! (Abramowitz & Stegun 7.1.6): terms of one sign, so nothing
 * cancels.
 */
function series(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 0; n < SERIES_TERMS; n++) {
    term *= (2 * x * x) / (2 * n + 3);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/**
 * 1 - erf(x) = exp(-x²)/√π · 1/(x + (1/2)/(x + 1/(x + (3/2)/(x + …)))) for x > 0 (Abramowitz & Stegun
 * 7.1.14).
 */
function continuedFraction(x: number): number {
  let fraction = 0;
  for (let level = FRACTION_LEVELS; level > 0; level--) fraction = level / 2 / (x + fraction);
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction);
}
