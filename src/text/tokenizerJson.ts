import { BytePairTokenizer } from "./bytePair.ts";
import { JsonView, parseJson } from "./jsonView.ts";
import {
  readAddedTokens,
  readNormalizer,
  readPreTokenizer,
  readTemplate,
  writeAddedToken,
  writePreTokenizer,
  writeTemplate,
} from "./pipelineJson.ts";
import type { PreTokenizer } from "./preTokenizer.ts";
import { readVocabulary } from "./vocabularyFiles.ts";
import { WordPieceTokenizer } from "./wordPiece.ts";

/**
 * Reads Hugging Face's `tokenizer.json`: byte-level byte pairs (GPT-2, Llama 3, Qwen) and WordPiece (BERT).
 * Truncation and padding are left to the caller.
 *
 * @throws FormatError with the place of what breaks the format or is not supported
 */
export function readTokenizerJson(
  bytes: Uint8Array,
  file = "tokenizer.json",
): BytePairTokenizer | WordPieceTokenizer {
  const root = new JsonView(parseJson(bytes, file), file);
  const type = root.get("model").get("type");
  if (type.orNull !== null) type.oneOf("BPE", "WordPiece");
  // Older files do not name it.
  const isBytePair =
    type.orNull === null ? root.get("model").get("merges").orNull !== null : type.string() === "BPE";
  return isBytePair ? readBytePair(root, file) : readWordPiece(root, file);
}

/** What both kinds have. */
function readCommon(root: JsonView) {
  const normalizer = readNormalizer(root.get("normalizer"));
  const template = readTemplate(root.get("post_processor"));
  return {
    vocabulary: readVocabulary(root.get("model").get("vocab")),
    addedTokens: readAddedTokens(root.get("added_tokens")),
    preTokenizer: readPreTokenizer(root.get("pre_tokenizer")),
    ...(normalizer === null ? {} : { normalizer }),
    ...(template === null ? {} : { template }),
  };
}

function readBytePair(root: JsonView, file: string): BytePairTokenizer {
  const model = root.get("model");
  for (const key of ["continuing_subword_prefix", "end_of_word_suffix"]) {
    const affix = model.get(key);
    if (affix.orNull !== null && affix.string() !== "") affix.fail("nothing: pairs of bytes have no affixes");
  }
  if (model.get("byte_fallback").boolean(false)) model.get("byte_fallback").fail("false: bytes are tokens");
  if (model.get("dropout").orNull !== null) model.get("dropout").fail("null: encoding is not random");
  const decoder = root.get("decoder");
  if (decoder.orNull !== null) decoder.get("type").oneOf("ByteLevel");
  const parts = readCommon(root);
  if (!isByteLevel(parts.preTokenizer)) root.get("pre_tokenizer").fail("one with ByteLevel in it");
  const merges = readMerges(model.get("merges"));
  const ignoreMerges = model.get("ignore_merges").boolean(false);
  return new BytePairTokenizer({ ...parts, merges, ignoreMerges }, file);
}

const isByteLevel = (one: PreTokenizer): boolean =>
  one.type === "Sequence" ? one.pretokenizers.some(isByteLevel) : one.type === "ByteLevel";

/** Pairs as arrays of two, or as strings with a blank between them. */
function readMerges(view: JsonView): (readonly [left: string, right: string])[] {
  return view.array().map((merge) => {
    const pair = merge.isString ? merge.string().split(" ") : merge.array().map((token) => token.string());
    return pair.length === 2
      ? (pair as [string, string])
      : merge.fail("two tokens with a blank between them");
  });
}

function readWordPiece(root: JsonView, file: string): WordPieceTokenizer {
  const model = root.get("model");
  const decoder = root.get("decoder");
  if (decoder.orNull !== null) decoder.get("type").oneOf("WordPiece");
  const parts = {
    ...readCommon(root),
    unknownToken: model.get("unk_token").string(),
    prefix: model.get("continuing_subword_prefix").string(),
    longestWord: model.get("max_input_chars_per_word").whole(),
    cleanUp: decoder.orNull !== null && decoder.get("cleanup").boolean(true),
  };
  return new WordPieceTokenizer(parts, file);
}

/** `tokenizer.json`, as Hugging Face's libraries read it; readTokenizerJson gives an equal tokenizer back. */
export function writeTokenizerJson(tokenizer: BytePairTokenizer | WordPieceTokenizer): Uint8Array {
  const { parts } = tokenizer;
  const isBytePair = tokenizer instanceof BytePairTokenizer;
  const file = {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: parts.addedTokens.map(writeAddedToken),
    normalizer: parts.normalizer ?? null,
    pre_tokenizer: writePreTokenizer(parts.preTokenizer),
    post_processor: parts.template ? writeTemplate(parts.template) : null,
    decoder: isBytePair ? byteLevelDecoder : wordPieceDecoder(tokenizer),
    model: isBytePair ? bytePairModel(tokenizer) : wordPieceModel(tokenizer),
  };
  return new TextEncoder().encode(`${JSON.stringify(file, null, 1)}\n`);
}

const byteLevelDecoder = { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true };

const wordPieceDecoder = ({ parts }: WordPieceTokenizer) => ({
  type: "WordPiece",
  prefix: parts.prefix,
  cleanup: parts.cleanUp,
});

function bytePairModel({ parts }: BytePairTokenizer): object {
  return {
    type: "BPE",
    dropout: null,
    unk_token: null,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: false,
    byte_fallback: false,
    ignore_merges: parts.ignoreMerges ?? false,
    vocab: Object.fromEntries(parts.vocabulary),
    // Strings, since older readers know nothing else; a token never has a blank in it.
    merges: parts.merges.map((pair) => pair.join(" ")),
  };
}

function wordPieceModel({ parts }: WordPieceTokenizer): object {
  return {
    type: "WordPiece",
    unk_token: parts.unknownToken,
    continuing_subword_prefix: parts.prefix,
    max_input_chars_per_word: parts.longestWord,
    vocab: Object.fromEntries(parts.vocabulary),
  };
}
