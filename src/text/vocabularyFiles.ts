import { FormatError } from "../errors.ts";
import { BytePairTokenizer } from "./bytePair.ts";
import { JsonView, parseJson } from "./jsonView.ts";
import { byteLevelPreTokenizer } from "./preTokenizer.ts";
import { decodeTokenizerFile } from "./utf8.ts";
import { WordPieceTokenizer } from "./wordPiece.ts";
import { type BertOptions, bertParts } from "./wordPieceVocabulary.ts";

/** GPT-2's two files. */
export interface VocabularyFiles {
  readonly "vocab.json": Uint8Array;
  readonly "merges.txt": Uint8Array;
}

const utf8 = (text: string) => new TextEncoder().encode(text);

/**
 * Reads GPT-2's `vocab.json`, ids by token, and `merges.txt`, a pair of tokens on each line.
 *
 * @param specialTokens tokens of the vocabulary that no plain text gives. Default "<|endoftext|>", where it is there
 * @throws FormatError with the file and the place that breaks its format
 */
export function readVocabularyFiles(
  files: VocabularyFiles,
  { specialTokens = [] as readonly string[] } = {},
): BytePairTokenizer {
  const vocabulary = readVocabulary(new JsonView(parseJson(files["vocab.json"], "vocab.json"), "vocab.json"));
  const names = specialTokens.length > 0 || !vocabulary.has(END_OF_TEXT) ? specialTokens : [END_OF_TEXT];
  const addedTokens = names.map((content) => {
    const id = vocabulary.get(content);
    if (id !== undefined) return { id, content };
    throw new FormatError(
      "vocab.json",
      "top level",
      `the special token ${JSON.stringify(content)} is missing`,
    );
  });
  const merges = readMerges(decodeTokenizerFile(files["merges.txt"], "merges.txt"));
  const parts = { vocabulary, merges, addedTokens, preTokenizer: byteLevelPreTokenizer() };
  return new BytePairTokenizer(parts, "vocab.json and merges.txt");
}

const END_OF_TEXT = "<|endoftext|>";

/** Ids by token, as `vocab.json` and `tokenizer.json` have them; "__proto__" is a token like any other. */
export function readVocabulary(view: JsonView): Map<string, number> {
  const vocabulary = new Map<string, number>();
  for (const [token, id] of view.entries()) {
    if (typeof id !== "number") view.get(token).fail("a token's id is a number");
    vocabulary.set(token, id as number);
  }
  return vocabulary;
}

/** The lines of `merges.txt`; a first line that names a version is none. */
function readMerges(text: string): [left: string, right: string][] {
  const merges: [string, string][] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const written = line.replace(/\r$/, "");
    if (written === "" || (index === 0 && written.startsWith("#version"))) continue;
    const pair = written.split(" ");
    if (pair.length !== 2 || pair.includes("")) {
      throw new FormatError("merges.txt", `line ${index + 1}`, "two tokens with a blank between them");
    }
    merges.push(pair as [string, string]);
  }
  return merges;
}

/** GPT-2's two files of a tokenizer. Special tokens are in the vocabulary; how texts are cut is not written. */
export function writeVocabularyFiles({ parts }: BytePairTokenizer): VocabularyFiles {
  const ids = new Map([
    ...parts.vocabulary,
    ...parts.addedTokens.map(({ content, id }) => [content, id] as const),
  ]);
  const byId = [...ids].sort(([, a], [, b]) => a - b);
  const merges = parts.merges.map(([left, right]) => `${left} ${right}\n`);
  return {
    "vocab.json": utf8(`${JSON.stringify(Object.fromEntries(byId))}\n`),
    "merges.txt": utf8(`#version: 0.2\n${merges.join("")}`),
  };
}

/**
 * Reads BERT's `vocab.txt`: a token on each line, its id the number of lines before it. Casing is not written in
 * it: models called uncased want `lowercase`, the default.
 *
 * @throws FormatError with the line that breaks the format
 */
export function readVocabularyText(
  bytes: Uint8Array,
  { file = "vocab.txt", ...options }: BertOptions & { readonly file?: string } = {},
): WordPieceTokenizer {
  const lines = decodeTokenizerFile(bytes, file).split("\n");
  if (lines.at(-1) === "") lines.pop();
  const vocabulary = new Map<string, number>();
  for (const [id, line] of lines.entries()) {
    const token = line.replace(/\r$/, "");
    const fail = (rule: string) => new FormatError(file, `line ${id + 1}`, rule);
    if (token === "") throw fail("a token on each line");
    if (vocabulary.has(token)) throw fail(`${JSON.stringify(token)} stands there twice`);
    vocabulary.set(token, id);
  }
  return new WordPieceTokenizer(bertParts(vocabulary, options), file);
}

/**
 * BERT's `vocab.txt` of a tokenizer.
 * @throws FormatError where ids have gaps or a token has a line break: the file cannot say so
 */
export function writeVocabularyText(tokenizer: WordPieceTokenizer): Uint8Array {
  const lines = Array.from({ length: tokenizer.vocabSize }, (_, id) => {
    const token = tokenizer.idToToken(id);
    if (token !== undefined && token !== "" && !/[\r\n]/.test(token)) return `${token}\n`;
    throw new FormatError("vocab.txt", `id ${id}`, "a token without line breaks for every id");
  });
  return utf8(lines.join(""));
}
