/** The parts of `tokenizer.json` besides the model: what is done to a text before it, and to ids after it. */
import type { AddedToken } from "./addedTokens.ts";
import type { JsonView } from "./jsonView.ts";
import type { Normalizer } from "./normalizer.ts";
import type { PreTokenizer } from "./preTokenizer.ts";
import { bertTemplate, type Template, type TemplatePart } from "./template.ts";

/** Sequences within sequences, at most: nobody nests them, and a file that does cannot exhaust the stack. */
const DEEPEST = 8;

export function readAddedTokens(view: JsonView): AddedToken[] {
  if (view.orNull === null) return [];
  return view.array().map((token) => {
    const content = token.get("content").string();
    if (content === "") token.get("content").fail("a token that is not empty");
    return {
      id: token.get("id").whole(),
      content,
      special: token.get("special").boolean(false),
      singleWord: token.get("single_word").boolean(false),
      stripLeft: token.get("lstrip").boolean(false),
      stripRight: token.get("rstrip").boolean(false),
      normalized: token.get("normalized").boolean(true),
    };
  });
}

export function writeAddedToken(token: AddedToken): object {
  return {
    id: token.id,
    content: token.content,
    single_word: token.singleWord ?? false,
    lstrip: token.stripLeft ?? false,
    rstrip: token.stripRight ?? false,
    normalized: token.normalized ?? false,
    special: token.special ?? true,
  };
}

/** @throws FormatError for a kind that is not known */
export function readNormalizer(view: JsonView, depth = 0): Normalizer | null {
  if (view.orNull === null) return null;
  const simple = ["NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents"] as const;
  const others = ["Strip", "Prepend", "Replace", "BertNormalizer", "Sequence"] as const;
  const type = view.get("type").oneOf(...simple, ...others);
  switch (type) {
    case "Strip": {
      const [strip_left, strip_right] = ["strip_left", "strip_right"].map((key) =>
        view.get(key).boolean(true),
      );
      return { type, strip_left: strip_left!, strip_right: strip_right! };
    }
    case "Prepend":
      return { type, prepend: view.get("prepend").string() };
    case "Replace": {
      const pattern = { String: view.get("pattern").get("String").string() };
      return { type, pattern, content: view.get("content").string() };
    }
    case "BertNormalizer": {
      const accents = view.get("strip_accents");
      return {
        type,
        clean_text: view.get("clean_text").boolean(true),
        handle_chinese_chars: view.get("handle_chinese_chars").boolean(true),
        strip_accents: accents.orNull === null ? null : accents.boolean(),
        lowercase: view.get("lowercase").boolean(true),
      };
    }
    case "Sequence":
      return { type, normalizers: sequence(view.get("normalizers"), depth, readNormalizer) };
    default:
      return { type };
  }
}

/** @throws FormatError for a kind that is not known */
export function readPreTokenizer(view: JsonView, depth = 0): PreTokenizer {
  const simple = ["BertPreTokenizer", "Whitespace", "WhitespaceSplit"] as const;
  const others = ["ByteLevel", "Split", "Digits", "Punctuation", "Sequence"] as const;
  const type = view.get("type").oneOf(...simple, ...others);
  switch (type) {
    case "ByteLevel": {
      const add_prefix_space = view.get("add_prefix_space").boolean(true);
      return { type, add_prefix_space, use_regex: view.get("use_regex").boolean(true) };
    }
    case "Split": {
      const [regex, string] = [view.get("pattern").get("Regex"), view.get("pattern").get("String")];
      const pattern = regex.orNull ? { Regex: regex.string() } : { String: string.string() };
      const behavior = view.get("behavior").oneOf("Isolated", "Removed");
      return { type, pattern, behavior, invert: view.get("invert").boolean(false) };
    }
    case "Digits":
      return { type, individual_digits: view.get("individual_digits").boolean(false) };
    case "Punctuation":
      if (view.get("behavior").orNull !== null) view.get("behavior").oneOf("Isolated");
      return { type };
    case "Sequence": {
      const read = (one: JsonView, below: number) => readPreTokenizer(one, below);
      return { type, pretokenizers: sequence(view.get("pretokenizers"), depth, read) };
    }
    default:
      return { type };
  }
}

function sequence<T>(view: JsonView, depth: number, read: (view: JsonView, depth: number) => T | null): T[] {
  if (depth >= DEEPEST) view.fail(`at most ${DEEPEST} sequences within each other`);
  return view.array().map((part) => read(part, depth + 1) ?? part.fail("an object"));
}

/** With what Hugging Face's readers insist on. */
export function writePreTokenizer(description: PreTokenizer): object {
  switch (description.type) {
    case "ByteLevel":
      return { ...description, trim_offsets: true };
    case "Punctuation":
      return { ...description, behavior: "Isolated" };
    case "Sequence":
      return { ...description, pretokenizers: description.pretokenizers.map(writePreTokenizer) };
    default:
      return description;
  }
}

/** Null where a text's ids stay as they are. */
export function readTemplate(view: JsonView, depth = 0): Template | null {
  if (view.orNull === null) return null;
  const kinds = [
    "TemplateProcessing",
    "BertProcessing",
    "RobertaProcessing",
    "ByteLevel",
    "Sequence",
  ] as const;
  switch (view.get("type").oneOf(...kinds)) {
    case "ByteLevel":
      return null;
    case "Sequence": {
      if (depth >= DEEPEST) view.fail(`at most ${DEEPEST} sequences within each other`);
      const parts = view.get("processors").array();
      const templates = parts.map((part) => readTemplate(part, depth + 1)).filter((one) => one !== null);
      if (templates.length > 1) view.fail("one template");
      return templates[0] ?? null;
    }
    case "BertProcessing":
      return bertTemplate(readSpecial(view.get("cls")), readSpecial(view.get("sep")));
    case "RobertaProcessing": {
      const [begin, end] = ["cls", "sep"].map((key): TemplatePart => {
        const [token, id] = readSpecial(view.get(key));
        return { token, ids: [id], typeId: 0 };
      }) as [TemplatePart, TemplatePart];
      const single: TemplatePart[] = [begin, { sequence: "A", typeId: 0 }, end];
      return { single, pair: [...single, end, { sequence: "B", typeId: 0 }, end] };
    }
    case "TemplateProcessing": {
      const [single, pair] = ["single", "pair"].map((key) =>
        view
          .get(key)
          .array()
          .map((part) => readTemplatePart(part, view.get("special_tokens"))),
      );
      return { single: single!, pair: pair! };
    }
  }
}

/** A token and its id in an array. */
function readSpecial(view: JsonView): [token: string, id: number] {
  const [token, id, ...more] = view.array();
  if (token === undefined || id === undefined || more.length > 0) return view.fail("a token and its id");
  return [token.string(), id.whole()];
}

function readTemplatePart(view: JsonView, specialTokens: JsonView): TemplatePart {
  const text = view.get("Sequence");
  if (text.orNull !== null) {
    return { sequence: text.get("id").oneOf("A", "B"), typeId: text.get("type_id").whole() };
  }
  const special = view.get("SpecialToken");
  const token = special.get("id").string();
  const ids = specialTokens.get(token).get("ids").array();
  return { token, ids: ids.map((id) => id.whole()), typeId: special.get("type_id").whole() };
}

export function writeTemplate({ single, pair }: Template): object {
  const special = new Map<string, object>();
  const write = (part: TemplatePart) => {
    if ("sequence" in part) return { Sequence: { id: part.sequence, type_id: part.typeId } };
    special.set(part.token, { id: part.token, ids: part.ids, tokens: part.ids.map(() => part.token) });
    return { SpecialToken: { id: part.token, type_id: part.typeId } };
  };
  return {
    type: "TemplateProcessing",
    single: single.map(write),
    pair: pair.map(write),
    special_tokens: Object.fromEntries(special),
  };
}
