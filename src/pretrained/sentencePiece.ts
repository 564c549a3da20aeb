import { FormatError } from "../errors.ts";
import { JsonView, parseJson } from "../text/jsonView.ts";
import { Llama2cTokenizer } from "../text/llama2c.ts";

/** SentencePiece's blank. */
const BLANK = "\u2581";
/** As in the binary tokenizers of llama2.c: every way to split a token is looked at. */
const LONGEST_TOKEN = 256;
const FIRST_BYTE = 3;
/** Of a token that nothing merges to. */
const NEVER = -Infinity;

/**
 * Llama's tokenizer of tokens in SentencePiece's spelling. `steers` tells tokens that no text may merge to.
 * Null where the bytes do not stand behind three special tokens, as they do in Llama's vocabularies.
 *
 * @throws FormatError for tokens that are too long
 */
export function sentencePiece(
  tokens: readonly string[],
  scores: ArrayLike<number>,
  steers: (id: number) => boolean,
  file: string,
): Llama2cTokenizer | null {
  if (tokens[FIRST_BYTE] !== "<0x00>" || tokens[FIRST_BYTE + 255] !== "<0xFF>") return null;
  const encoder = new TextEncoder();
  const pieces = tokens.map((token, id) => {
    // Between line ends no text can merge to it, as in llama2.c's own files.
    return encoder.encode(steers(id) ? `\n${token}\n` : token.replaceAll(BLANK, " "));
  });
  if (pieces.some(({ length }) => length > LONGEST_TOKEN)) {
    throw new FormatError(file, "tokens", `more than ${LONGEST_TOKEN} bytes in one`);
  }
  return new Llama2cTokenizer(pieces, scores);
}

/**
 * The tokenizer.json of Llama 1 and 2, Mistral and TinyLlama: byte pairs over characters, with bytes for characters that
 * the vocabulary lacks. Null where the file is of another kind.
 */
export function readSentencePieceJson(bytes: Uint8Array, file: string): Llama2cTokenizer | null {
  const root = new JsonView(parseJson(bytes, file), file);
  const model = root.get("model");
  if (!model.get("byte_fallback").boolean(false)) return null;
  model.get("type").oneOf("BPE");
  const tokens: string[] = [];
  for (const [token] of model.get("vocab").entries()) {
    const id = model.get("vocab").get(token).whole();
    if (tokens[id] !== undefined) model.get("vocab").fail("each id once");
    tokens[id] = token;
  }
  const special = new Set<number>();
  for (const added of root.get("added_tokens").orNull?.array() ?? []) {
    const id = added.get("id").whole();
    tokens[id] ??= added.get("content").string();
    if (added.get("special").boolean(true)) special.add(id);
  }
  const count = Object.keys(tokens).length;
  if (count !== tokens.length) model.get("vocab").fail(`ids from 0 to ${count - 1} without a gap`);
  return sentencePiece(tokens, scoresOf(model, tokens), (id) => special.has(id), file);
}

/**
 * A token's score falls with the place of the first pair that merges to it. The list was made of scores, with every way to make a token of
 * two others, so nothing is lost.
 */
function scoresOf(model: JsonView, tokens: readonly string[]): number[] {
  const ranks = new Map<string, number>();
  for (const [rank, merge] of model.get("merges").array().entries()) {
    const pair = merge.isString ? merge.string().split(" ") : merge.array().map((token) => token.string());
    if (pair.length !== 2) merge.fail("two tokens with a blank between them");
    const merged = pair.join("");
    if (!ranks.has(merged)) ranks.set(merged, rank);
  }
  return tokens.map((token) => {
    const rank = ranks.get(token);
    return rank === undefined ? NEVER : -rank;
  });
}
