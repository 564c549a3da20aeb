import type { TokenBytes } from "../../src/generation/constraint/vocabulary.ts";
import type { TokenText } from "../../src/generation/tokenText.ts";

/** A tokenizer of given pieces, which may be half a character; a piece without bytes only steers. */
export function pieceTokenizer(pieces: readonly (string | readonly number[])[]): TokenText & TokenBytes {
  const all = pieces.map((piece) =>
    typeof piece === "string" ? new TextEncoder().encode(piece) : Uint8Array.from(piece),
  );
  const bytes = (tokens: readonly number[]) => Uint8Array.from(tokens.flatMap((token) => [...all[token]!]));
  return {
    vocabSize: pieces.length,
    tokenBytes: (token) => all[token]!,
    decode: (tokens) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes(Array.from(tokens))),
    decodeStream() {
      const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
      return {
        push: (token) => decoder.decode(all[token], { stream: true }),
        flush: () => decoder.decode(),
      };
    },
  };
}

/** One piece for each printable character of ASCII, each byte of others, and some longer ones. */
export const jsonPieces: readonly (string | readonly number[])[] = [
  ...Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)),
  ...Array.from({ length: 0xf5 - 0x80 }, (_, i) => [0x80 + i]),
  ...[
    '{"',
    '":',
    '": ',
    '",',
    '", "',
    '"}',
    "true",
    "false",
    "null",
    "12",
    "[]",
    "]}",
    '\\"',
    "é",
    " th",
    "😀",
  ],
];
