/**
 * The tokenizer of a run. trainer.json holds one of characters; one of byte pairs stands beside it, as other programs
 * read it:
 *
 *   trainer.json     "tokenizer": {"kind": "character", "characters": …} or {"kind": "bytePair"}
 *   tokenizer.json   Hugging Face's format
 */
import { ArgumentError, FormatError } from "../errors.ts";
import { BytePairTokenizer } from "../text/bytePair.ts";
import { CharacterTokenizer } from "../text/character.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { readTokenizerJson, writeTokenizerJson } from "../text/tokenizerJson.ts";
import type { CheckpointFiles } from "../train/checkpoint.ts";

export type RunTokenizer = CharacterTokenizer | BytePairTokenizer;

/** What --tokenizer names. */
export const tokenizerKinds = ["characters", "bpe"] as const;

/** As they come from the command line: what was not given is undefined. */
export interface TokenizerArguments {
  readonly tokenizer?: (typeof tokenizerKinds)[number];
  readonly vocabSize?: number;
}

const FILE = "tokenizer.json";
/** A text of some megabytes takes a third as many tokens as characters, and a small model is still mostly blocks. */
const DEFAULT_VOCAB_SIZE = 1024;
/** Stands between the documents of a corpus, as in GPT-2's. */
const END_OF_TEXT = "<|endoftext|>";

/** Learnt from the text. @throws ArgumentError for a size that no tokenizer of the kind can have */
export function trainTokenizer(text: string, { tokenizer, vocabSize }: TokenizerArguments): RunTokenizer {
  if (tokenizer === "bpe") {
    const training = { vocabSize: vocabSize ?? DEFAULT_VOCAB_SIZE, specialTokens: [END_OF_TEXT] };
    return BytePairTokenizer.train(text.split(END_OF_TEXT), training);
  }
  if (vocabSize === undefined) return CharacterTokenizer.train(text);
  throw new ArgumentError(
    "--vocab-size",
    "--tokenizer bpe with it (characters are as many as the text has)",
    vocabSize,
  );
}

/** The tokens of a corpus. */
export function encodeCorpus(tokenizer: Tokenizer, text: string): Int32Array {
  return tokenizer.encode(text, { allowedSpecial: "all" });
}

export const kindOf = (tokenizer: RunTokenizer): (typeof tokenizerKinds)[number] =>
  tokenizer instanceof BytePairTokenizer ? "bpe" : "characters";

/** What trainer.json says of it. */
export const tokenizerNote = (tokenizer: RunTokenizer): object =>
  tokenizer instanceof BytePairTokenizer ? { kind: "bytePair" } : tokenizer.toJSON();

/** Its own files in a checkpoint. */
export function tokenizerFiles(tokenizer: RunTokenizer): Record<string, Uint8Array> {
  return tokenizer instanceof BytePairTokenizer ? { [FILE]: writeTokenizerJson(tokenizer) } : {};
}

/** Of trainer.json's note and the files of its checkpoint. @throws FormatError */
export function readTokenizer(note: unknown, files: CheckpointFiles, file: string): RunTokenizer {
  const isBytePair = typeof note === "object" && note !== null && "kind" in note && note.kind === "bytePair";
  if (!isBytePair) return CharacterTokenizer.fromJSON(note, file);
  if (!Object.hasOwn(files, FILE)) throw new FormatError(FILE, "checkpoint", "the file is missing");
  const tokenizer = readTokenizerJson(files[FILE]!, FILE);
  if (tokenizer instanceof BytePairTokenizer) return tokenizer;
  throw new FormatError(FILE, "model.type", 'BPE, as trainer.json says, not "WordPiece"');
}
