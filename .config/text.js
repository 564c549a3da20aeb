/**
 * Modules as text for a bundle. Base64 and hexadecimal digits hide from a compressor where bytes repeat, and cost gzip up to a third; here a
 * frequent byte is one character and any other one two, the first of them one of the last two of the alphabet:
 *
 *   characters   # % & ( … z | }   ~ …      the alphabet, without what bundlers or HTML would have to escape
 *   order        the bytes in the order of their frequency, as hexadecimal digits
 *   byte at place p of order       p < singles: characters[p]
 *                                  else: characters[singles + ⌊(p - singles)/n⌋], characters[(p - singles) mod n]
 *
 * src/platform/moduleText.ts reads it.
 */
const characters = Array.from({ length: 0x7f - 0x23 }, (_, i) => String.fromCharCode(0x23 + i))
  .filter((character) => !"$'<`\\".includes(character))
  .join("");
const singles = characters.length - 2;

/** The modules as strings by the same names, with `characters` and `order`. */
export function textsOf(modules) {
  const frequency = new Array(256).fill(0);
  for (const bytes of Object.values(modules)) for (const byte of bytes) frequency[byte]++;
  const order = [...frequency.keys()].sort((a, b) => frequency[b] - frequency[a] || a - b);
  const codes = order.map((_, place) => {
    if (place < singles) return characters[place];
    const rest = place - singles;
    return characters[singles + Math.floor(rest / characters.length)] + characters[rest % characters.length];
  });
  const codeOf = order.reduce(
    (table, byte, place) => table.with(byte, codes[place]),
    new Array(256).fill(""),
  );
  const entries = Object.entries(modules).map(([name, bytes]) => [
    name,
    Array.from(bytes, (byte) => codeOf[byte]).join(""),
  ]);
  return { characters, order: Buffer.from(order).toString("hex"), ...Object.fromEntries(entries) };
}
