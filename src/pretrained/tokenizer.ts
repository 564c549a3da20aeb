import { FormatError } from "../errors.ts";
import { readRange } from "../io/byteSource.ts";
import type { FolderSink, FolderSource } from "../io/folder.ts";
import { BytePairTokenizer } from "../text/bytePair.ts";
import { readLlama2cTokenizer } from "../text/llama2c.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { readTokenizerJson, writeTokenizerJson } from "../text/tokenizerJson.ts";
import { readVocabularyFiles, readVocabularyText, writeVocabularyFiles } from "../text/vocabularyFiles.ts";
import { WordPieceTokenizer } from "../text/wordPiece.ts";
import { readSentencePieceJson } from "./sentencePiece.ts";

/** The largest vocabularies take a tenth of it. */
const MAX_FILE_BYTES = 200_000_000;

/** A small file as a whole, or null where the folder lacks it. @throws FormatError where it is not small */
export async function readSmallFile(
  folder: FolderSource,
  name: string,
  most = MAX_FILE_BYTES,
): Promise<Uint8Array | null> {
  const source = await folder.open(name);
  if (source === null) return null;
  if (source.size > most) throw new FormatError(name, "file", `${source.size} bytes, more than ${most}`);
  return readRange(source, 0, source.size, "file");
}

/**
 * The tokenizer of a folder: of tokenizer.json, of vocab.json and merges.txt, of vocab.txt, or llama2.c's of tokenizer.bin; null where there
 * is none of them.
 */
export async function readTokenizer(folder: FolderSource): Promise<Tokenizer | null> {
  const json = await readSmallFile(folder, "tokenizer.json");
  if (json) return readSentencePieceJson(json, "tokenizer.json") ?? readTokenizerJson(json);
  const vocabulary = await readSmallFile(folder, "vocab.json");
  const merges = await readSmallFile(folder, "merges.txt");
  if (vocabulary && merges) return readVocabularyFiles({ "vocab.json": vocabulary, "merges.txt": merges });
  const text = await readSmallFile(folder, "vocab.txt");
  if (text) return readVocabularyText(text);
  const binary = await readSmallFile(folder, "tokenizer.bin");
  return binary ? readLlama2cTokenizer(binary) : null;
}

/** Writes tokenizer.json, and GPT-2's two files beside it; nothing for a tokenizer that Hugging Face's programs do not know. */
export async function writeTokenizer(folder: FolderSink, tokenizer: Tokenizer): Promise<void> {
  if (!(tokenizer instanceof BytePairTokenizer || tokenizer instanceof WordPieceTokenizer)) return;
  await folder.write("tokenizer.json", [writeTokenizerJson(tokenizer)]);
  if (!(tokenizer instanceof BytePairTokenizer)) return;
  for (const [name, bytes] of Object.entries(writeVocabularyFiles(tokenizer)))
    await folder.write(name, [bytes]);
}
