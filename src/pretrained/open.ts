import { FormatError } from "../errors.ts";
import { type ByteSource, readRange } from "../io/byteSource.ts";
import type { FolderSource } from "../io/folder.ts";
import { openGguf } from "../io/gguf.ts";
import { readJson } from "../io/jsonReader.ts";
import type { LazyArray, LazyArrays } from "../io/lazyArray.ts";
import { type OpenLlama2c, openLlama2c } from "../io/llama2c.ts";
import { openNpz } from "../io/npz.ts";
import { openSafetensors } from "../io/safetensors.ts";
import { openSafetensorsFolder } from "../io/shards.ts";
import type { BertConfig, CompleteBertConfig } from "../models/bertConfig.ts";
import type { CompleteGptConfig, GptConfig } from "../models/gptConfig.ts";
import { JsonView } from "../text/jsonView.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { BERT_HEADS, bertNames, bertPlaces, isBert, readBertConfig } from "./bert.ts";
import { readGgufTokenizer } from "./ggufTokenizer.ts";
import { gpt2Config, gpt2Dialect, gpt2Names, gpt2Places, isGpt2 } from "./gpt2.ts";
import { ggufConfig, isLlama, llama2cGptConfig, llamaConfig, llamaNames, llamaPlaces } from "./llama.ts";
import type { Place } from "./places.ts";
import { readSmallFile, readTokenizer } from "./tokenizer.ts";

/** What the configurations of all models have. */
export type Sizes = Pick<GptConfig, "layers" | "heads" | "width" | "vocabSize" | "contextLength">;

/** A model in a file whose header has been read: what it is, and where its weights are. */
export interface OpenOf<Config, Complete> {
  /** What errors call it. */
  readonly file: string;
  /** What the file says, or its weights' shapes. */
  readonly config: Partial<Config>;
  readonly arrays: LazyArrays;
  /** Whether it has every weight of such a model; BERT's heads may be missing. */
  readonly isWhole: boolean;
  /** Reads the tokenizer that came along; null where there is none that is known. */
  readonly tokenizer: () => Promise<Tokenizer | null>;
  /** Where the weights of the completed configuration are. */
  places(config: Complete): readonly Place[];
}

export interface OpenGpt extends OpenOf<GptConfig, CompleteGptConfig> {
  readonly kind: "gpt";
}

export interface OpenBert extends OpenOf<BertConfig, CompleteBertConfig> {
  readonly kind: "bert";
}

export type OpenModel = OpenGpt | OpenBert;

const none = async () => null;

const MAX_CONFIG_BYTES = 10_000_000;
const MAGIC_BYTES = 9;

/** A folder of Hugging Face's kind, or a file of any kind that is known by its first bytes. */
export async function openModel(source: FolderSource | ByteSource): Promise<OpenModel> {
  return "open" in source ? openFolder(source) : openFile(source);
}

async function openFolder(folder: FolderSource): Promise<OpenModel> {
  const config = await readSmallFile(folder, "config.json", MAX_CONFIG_BYTES);
  const weights = await openSafetensorsFolder(folder);
  if (weights === null) {
    throw new FormatError(folder.name, "folder", "there is no model.safetensors, nor an index of several");
  }
  const model = await byNames(weights.arrays, config ? readJson(config, "config.json") : {}, folder.name);
  return { ...model, tokenizer: () => readTokenizer(folder) };
}

async function openFile(source: ByteSource): Promise<OpenModel> {
  const first = await readRange(source, 0, Math.min(MAGIC_BYTES, source.size), "file");
  const magic = String.fromCharCode(...first);
  if (magic.startsWith("GGUF")) return openGgufModel(source);
  if (magic.startsWith("PK")) return byNames((await openNpz(source)).arrays, {}, source.name);
  if (magic.charAt(8) === "{") {
    const { arrays, metadata } = await openSafetensors(source);
    return byNames(arrays, numbersOf(metadata), source.name);
  }
  const { config, arrays } = await openUnmarked(source);
  return gpt(source.name, llama2cGptConfig(config), arrays, (full) => llamaPlaces(full, "llama2c"));
}

/** A file that does not begin as others do may be llama2.c's, which nothing marks. */
async function openUnmarked(source: ByteSource): Promise<OpenLlama2c> {
  try {
    return await openLlama2c(source);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const known = "it does not begin as safetensors, npz or GGUF, and a model of llama2.c it is not either";
    throw new FormatError(source.name, "file", `${known} (${error.message})`);
  }
}

async function openGgufModel(source: ByteSource): Promise<OpenModel> {
  const { arrays, metadata } = await openGguf(source);
  const config = ggufConfig(metadata, arrays, source.name);
  const model = gpt(source.name, config, arrays, (full) => llamaPlaces(full, "gguf"));
  return { ...model, tokenizer: async () => readGgufTokenizer(metadata, source.name) };
}

/** Weights in safetensors or npz: the names tell which family's they are. */
async function byNames(arrays: LazyArrays, config: unknown, file: string): Promise<OpenModel> {
  const view = new JsonView(config, "config.json");
  const llama = llamaNames(arrays);
  if (isLlama(llama)) {
    const read = llamaConfig(view);
    const kept = withoutTiedHead(llama, read.tiedHead);
    return gpt(file, read, kept, (full) => llamaPlaces(full, "huggingFace"));
  }
  const bert = bertNames(arrays);
  if (isBert(bert)) return openBert(bert, view, file);
  const gpt2 = gpt2Names(arrays);
  if (isGpt2(gpt2)) return openGpt2(gpt2, view, file);
  const names = [...arrays.keys()].slice(0, 8).join(", ") || "none";
  const rule = `of none of the models that are known, GPT-2, Llama and BERT: ${names}`;
  throw new FormatError(file, "tensors", rule);
}

function openBert(arrays: LazyArrays, view: JsonView, file: string): OpenBert {
  const has = (name: string) => arrays.has(name);
  return {
    kind: "bert",
    file,
    config: readBertConfig(view),
    arrays,
    isWhole: BERT_HEADS.every(has),
    tokenizer: none,
    places: (full) => bertPlaces(full, has),
  };
}

async function openGpt2(arrays: LazyArrays, view: JsonView, file: string): Promise<OpenGpt> {
  const dialect = gpt2Dialect(arrays);
  const [embedding, head] = [arrays.get("wte.weight"), arrays.get("lm_head.weight")];
  const known = withoutTiedHead(arrays, dialect === "linear" && (await sameNumbers(embedding, head)));
  const config = gpt2Config(view, known);
  return gpt(file, config, withoutTiedHead(known, config.tiedHead), (full) => gpt2Places(full, dialect));
}

function gpt(
  file: string,
  config: Partial<GptConfig>,
  arrays: LazyArrays,
  places: OpenGpt["places"],
): OpenGpt {
  return { kind: "gpt", file, config, arrays, isWhole: true, tokenizer: none, places };
}

/** Files often hold a tied head once more under its own name. */
function withoutTiedHead(arrays: LazyArrays, tied: boolean | undefined): LazyArrays {
  if (!tied) return arrays;
  return new Map([...arrays].filter(([name]) => name !== "lm_head.weight"));
}

async function sameNumbers(a: LazyArray | undefined, b: LazyArray | undefined): Promise<boolean> {
  if (!a || !b || `${a.shape}` !== `${b.shape}`) return false;
  const [left, right] = [(await a.read()).data, (await b.read()).data];
  return left.every((number: number | bigint, i: number) => number === right[i]);
}

/** Metadata of safetensors are texts; what reads as a number or a truth value becomes one. */
function numbersOf(metadata: Readonly<Record<string, string>>): object {
  const value = (text: string) => {
    if (text === "true" || text === "false") return text === "true";
    return /^-?\d+(\.\d+)?(e-?\d+)?$/.test(text) ? Number(text) : text;
  };
  return Object.fromEntries(Object.entries(metadata).map(([key, text]) => [key, value(text)]));
}
