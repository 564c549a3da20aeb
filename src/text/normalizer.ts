/** What is done to a text before it is cut, in the words of `tokenizer.json`. */
export type Normalizer =
  | { readonly type: "NFC" | "NFD" | "NFKC" | "NFKD" | "Lowercase" | "StripAccents" }
  | { readonly type: "Strip"; readonly strip_left: boolean; readonly strip_right: boolean }
  | { readonly type: "Prepend"; readonly prepend: string }
  | { readonly type: "Replace"; readonly pattern: { readonly String: string }; readonly content: string }
  | BertNormalizer
  | { readonly type: "Sequence"; readonly normalizers: readonly Normalizer[] };

/** The first half of BERT's BasicTokenizer. */
export interface BertNormalizer {
  readonly type: "BertNormalizer";
  /** Drop control characters; white space of every kind becomes a blank. */
  readonly clean_text: boolean;
  /** Blanks around each Chinese character, so that it is a word. */
  readonly handle_chinese_chars: boolean;
  /** Null: as `lowercase` says. */
  readonly strip_accents: boolean | null;
  readonly lowercase: boolean;
}

export type Normalize = (text: string) => string;

export function makeNormalize(description: Normalizer): Normalize {
  switch (description.type) {
    case "NFC":
    case "NFD":
    case "NFKC":
    case "NFKD":
      return (text) => text.normalize(description.type);
    case "Lowercase":
      return (text) => text.toLowerCase();
    case "StripAccents":
      return (text) => text.replace(/\p{M}/gu, "");
    case "Strip": {
      const left = description.strip_left ? /^\p{White_Space}+/u : /^/;
      const right = description.strip_right ? /(?<!\p{White_Space})\p{White_Space}+$/u : /$/;
      return (text) => text.replace(left, "").replace(right, "");
    }
    case "Prepend":
      return (text) => (text === "" ? text : description.prepend + text);
    case "Replace":
      return (text) => text.replaceAll(description.pattern.String, () => description.content);
    case "BertNormalizer":
      return (text) => bertNormalize(text, description);
    case "Sequence": {
      const steps = description.normalizers.map(makeNormalize);
      return (text) => steps.reduce((normalized, step) => step(normalized), text);
    }
  }
}

/** U+0000, U+FFFD and Unicode's category "other", but for the three that are white space; unassigned ones stay. */
const CONTROL = /[\0\ufffd\p{Cf}\p{Co}\p{Cs}]|(?![\t\n\r])\p{Cc}/gu;

/** The blocks of Unicode that BERT takes for Chinese: Han characters, neither kana nor hangul. */
const CHINESE =
  /[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{2a6df}\u{2a700}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/gu;

/** ASCII without control characters, which most of the rules leave alone. */
const PLAIN = /^[\t\n\r -~]*$/;

/** Devlin et al. 2019, section 3 and the program published with it: BasicTokenizer. */
function bertNormalize(text: string, options: BertNormalizer): string {
  if (PLAIN.test(text)) {
    const clean = options.clean_text ? text.replace(/[\t\n\r]/g, " ") : text;
    return options.lowercase ? clean.toLowerCase() : clean;
  }
  let normalized = text;
  if (options.clean_text) {
    normalized = normalized.replace(CONTROL, "").replace(/\p{White_Space}/gu, " ");
  }
  if (options.handle_chinese_chars) normalized = normalized.replace(CHINESE, " $& ");
  if (options.lowercase) normalized = normalized.toLowerCase();
  if (options.strip_accents ?? options.lowercase) {
    normalized = normalized.normalize("NFD").replace(/\p{Mn}/gu, "");
  }
  return normalized;
}
