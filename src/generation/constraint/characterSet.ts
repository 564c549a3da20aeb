/**
 * A set of Unicode characters as ranges of code points, ends included, rising and apart. Surrogates are no
 * characters.
 */
export type CharacterSet = readonly (readonly [low: number, high: number])[];

export const everyCharacter: CharacterSet = [
  [0, 0xd7ff],
  [0xe000, 0x10ffff],
];

/** The set of some ranges in any order, surrogates left out. */
export function characterSet(...ranges: CharacterSet): CharacterSet {
  const rising = ranges.filter(([low, high]) => low <= high).toSorted((a, b) => a[0] - b[0]);
  const joined: [number, number][] = [];
  for (const [low, high] of rising) {
    const last = joined.at(-1);
    if (last && low <= last[1] + 1) last[1] = Math.max(last[1], high);
    else joined.push([low, high]);
  }
  return intersection(joined, everyCharacter);
}

/** The characters of a text. */
export function charactersOf(text: string): CharacterSet {
  return characterSet(
    ...Array.from(text, (character) => [character.codePointAt(0)!, character.codePointAt(0)!] as const),
  );
}

export function union(...sets: readonly CharacterSet[]): CharacterSet {
  return characterSet(...sets.flat());
}

/** All characters that are not in the set. */
export function complement(set: CharacterSet): CharacterSet {
  const gaps: [number, number][] = [];
  let from = 0;
  for (const [low, high] of set) {
    gaps.push([from, low - 1]);
    from = high + 1;
  }
  return characterSet(...gaps, [from, 0x10ffff]);
}

/** a without b. */
export function difference(a: CharacterSet, b: CharacterSet): CharacterSet {
  return intersection(a, complement(b));
}

export function intersection(a: CharacterSet, b: CharacterSet): CharacterSet {
  return a.flatMap(([low, high]) =>
    b
      .map(([from, to]) => [Math.max(low, from), Math.min(high, to)] as const)
      .filter(([from, to]) => from <= to),
  );
}

/** Ranges that the bytes of a character lie in, one for each byte. */
export type ByteRanges = readonly (readonly [low: number, high: number])[];

/**
 * The UTF-8 of a set: a character is in it if its bytes lie in the ranges of one of the sequences, and no
 * other bytes do. A range of code points is cut where the number of bytes changes, and where a byte would not
 * run through all of 80..BF while one before it changes.
 */
export function utf8Ranges(set: CharacterSet): ByteRanges[] {
  return set.flatMap(([low, high]) => cut(low, high));
}

function cut(low: number, high: number): ByteRanges[] {
  const at = (middle: number) => [...cut(low, middle), ...cut(middle + 1, high)];
  for (const longest of [0x7f, 0x7ff, 0xffff]) if (low <= longest && longest < high) return at(longest);
  if (high > 0x7f) {
    for (const bits of [6, 12, 18]) {
      const lower = (1 << bits) - 1;
      if (low >> bits === high >> bits) break;
      if ((low & lower) !== 0) return at(low | lower);
      if ((high & lower) !== lower) return at((high & ~lower) - 1);
    }
  }
  const [first, last] = [utf8(low), utf8(high)];
  return [first.map((byte, i) => [byte, last[i]!] as const)];
}

/** The bytes of one character. */
function utf8(codePoint: number): number[] {
  const tail = (shift: number) => 0x80 | ((codePoint >> shift) & 0x3f);
  if (codePoint <= 0x7f) return [codePoint];
  if (codePoint <= 0x7ff) return [0xc0 | (codePoint >> 6), tail(0)];
  if (codePoint <= 0xffff) return [0xe0 | (codePoint >> 12), tail(6), tail(0)];
  return [0xf0 | (codePoint >> 18), tail(12), tail(6), tail(0)];
}
