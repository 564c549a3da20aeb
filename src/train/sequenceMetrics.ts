import { ArgumentError } from "../errors.ts";

/**
 * The fewest insertions, deletions and substitutions that make one sequence of another (Levenshtein 1966);
 * elements are compared with `===`.
 *
 * ```ts
 * editDistance("kitten", "sitting"); // 3
 * ```
 */
export function editDistance<Symbol>(from: ArrayLike<Symbol>, to: ArrayLike<Symbol>): number {
  // distances[j]: of the first i of `from` and the first j of `to`, row after row (Wagner & Fischer 1974).
  const distances = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    let diagonal = distances[0]!;
    distances[0] = i;
    for (let j = 1; j <= to.length; j++) {
      const substituted = diagonal + (from[i - 1] === to[j - 1] ? 0 : 1);
      diagonal = distances[j]!;
      distances[j] = Math.min(substituted, diagonal + 1, distances[j - 1]! + 1);
    }
  }
  return distances[to.length]!;
}

export interface ErrorRates {
  /** Edits for each symbol of the references: phonemes, characters or words. May be more than 1. */
  readonly symbolErrorRate: number;
  /** Share of sequences that are like none of their references. */
  readonly sequenceErrorRate: number;
  /** Edits altogether. */
  readonly edits: number;
  /** Symbols of the references that were compared with. */
  readonly symbols: number;
}

/**
 * The error rates of sequences, each against the nearest of its references (several pronunciations of a word,
 * say): that of the fewest edits, of those the longest.
 *
 * @throws ArgumentError for lists of unequal length or none, or a sequence without reference
 */
export function errorRates<Symbol>(
  sequences: readonly ArrayLike<Symbol>[],
  references: readonly (readonly ArrayLike<Symbol>[])[],
): ErrorRates {
  if (sequences.length !== references.length || sequences.length === 0) {
    const { length } = sequences;
    const wanted = `as many lists of references as sequences, and at least one; ${length} sequences`;
    throw new ArgumentError("errorRates", wanted, references.length);
  }
  let [edits, symbols, wrong] = [0, 0, 0];
  sequences.forEach((sequence, i) => {
    const nearest = nearestOf(sequence, references[i]!);
    edits += nearest.distance;
    symbols += nearest.length;
    if (nearest.distance > 0) wrong++;
  });
  return {
    symbolErrorRate: symbols === 0 ? (edits === 0 ? 0 : Infinity) : edits / symbols,
    sequenceErrorRate: wrong / sequences.length,
    edits,
    symbols,
  };
}

function nearestOf<Symbol>(sequence: ArrayLike<Symbol>, references: readonly ArrayLike<Symbol>[]) {
  if (references.length === 0)
    throw new ArgumentError("errorRates", "a reference for each sequence", references);
  return references
    .map((reference) => ({ distance: editDistance(sequence, reference), length: reference.length }))
    .reduce((best, other) => {
      const better = other.distance - best.distance || best.length - other.length;
      return better < 0 ? other : best;
    });
}
