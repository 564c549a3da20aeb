import { ArgumentError, FormatError } from "../errors.ts";
import type { ByteSource } from "../io/byteSource.ts";
import type { FolderSource } from "../io/folder.ts";
import { Bert } from "../models/bert.ts";
import { type BertConfig, completeBertConfig } from "../models/bertConfig.ts";
import { Gpt } from "../models/gpt.ts";
import { completeGptConfig, type GptConfig } from "../models/gptConfig.ts";
import type { ModelOptions } from "../nn/options.ts";
import { Random } from "../random.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { type OpenOf, openModel, type Sizes } from "./open.ts";
import { checkWeights, fill } from "./weights.ts";

export interface LoadOptions<Config = GptConfig> {
  /** Default: the default runtime. */
  readonly runtime?: Runtime;
  /**
   * What the file does not say, such as the heads of a state dictionary of nanoGPT's, or shall be otherwise: a shorter context needs a
   * smaller cache.
   */
  readonly config?: Partial<Config>;
  /** Key of what the file lacks: heads of BERT. Default `new Random(0)`. */
  readonly random?: Random;
}

export interface Pretrained<Model = Gpt> {
  readonly model: Model;
  /** Null where the source has none that is known. */
  readonly tokenizer: Tokenizer | null;
  /** Names of the model's tensors that the source lacks: heads of BERT, which start as in a new model. */
  readonly fresh: readonly string[];
}

/**
 * Makes a model of weights that another program wrote:
 *
 *   a folder of Hugging Face's for GPT-2, Llama or Mistral, or with `kind: "bert"` for BERT; also with nanoGPT's or minGPT's weights
 *   one file: safetensors or npz with such names, GGUF of Llama's architecture, or a model of llama2.c
 *
 * ```ts
 * import { folderSource } from "lanegrad/node";
 * const { model, tokenizer } = await loadPretrained(await folderSource("gpt2"));
 * ```
 *
 * Weights in 16 bits or blocks become f32. They are read one tensor at a time and never held twice.
 *
 * @throws FormatError where a file breaks its format, or where its weights are not those of its configuration; nothing is left allocated
 */
export async function loadPretrained(
  source: FolderSource | ByteSource,
  options?: LoadOptions & { readonly kind?: "gpt" },
): Promise<Pretrained>;
export async function loadPretrained(
  source: FolderSource | ByteSource,
  options: LoadOptions<BertConfig> & { readonly kind: "bert" },
): Promise<Pretrained<Bert>>;
export async function loadPretrained(
  source: FolderSource | ByteSource,
  { kind = "gpt", ...options }: LoadOptions<GptConfig & BertConfig> & { readonly kind?: "gpt" | "bert" } = {},
): Promise<Pretrained<Gpt | Bert>> {
  const open = await openModel(source);
  if (open.kind !== kind) {
    throw new FormatError(open.file, "model", `it is no ${kind}: pass kind: "${open.kind}"`);
  }
  const tokenizer = await open.tokenizer();
  if (open.kind === "gpt") {
    const make: Maker<GptConfig, Gpt> = (config, home) => new Gpt(config, home);
    return { tokenizer, ...(await load(open, completeGptConfig, make, tokenizer, options)) };
  }
  const make: Maker<BertConfig, Bert> = (config, home) => new Bert(config, home);
  return { tokenizer, ...(await load(open, completeBertConfig, make, tokenizer, options)) };
}

type Maker<Config, Model> = (config: Config, options: ModelOptions) => Model;

async function load<Config extends Sizes, Complete extends Config, Model extends object>(
  open: OpenOf<Config, Complete>,
  complete: (config: Config) => Complete,
  make: Maker<Config, Model>,
  tokenizer: Tokenizer | null,
  { runtime, random = new Random(0), config: changes = {} }: LoadOptions<Config>,
): Promise<Omit<Pretrained<Model>, "tokenizer">> {
  const config = completed(open, complete, changes);
  const places = open.places(config);
  checkWeights(places, open.arrays, open.file);
  if (tokenizer && tokenizer.vocabSize > config.vocabSize) {
    const rule = `it has ${tokenizer.vocabSize} tokens, the model ${config.vocabSize}`;
    throw new FormatError(open.file, "tokenizer", rule);
  }
  const initial = open.isWhole ? "zeros" : "random";
  const home = { random, initial, ...(runtime ? { runtime } : {}) } as const;
  return fill(() => make(config, home), places, open.arrays, open.file);
}

function completed<Config extends Sizes, Complete extends Config>(
  { file, config, arrays }: OpenOf<Config, Complete>,
  complete: (config: Config) => Complete,
  changes: Partial<Config>,
): Complete {
  const known = { ...config, ...changes };
  const missing = (["layers", "heads", "width", "vocabSize", "contextLength"] as const).filter(
    (field) => known[field] === undefined,
  );
  if (missing.length > 0) {
    const rule = `the file does not say ${missing.join(", ")}: pass config: { ${missing[0]}: … }`;
    throw new FormatError(file, "configuration", rule);
  }
  // Each layer has weights: as many layers as a hostile file likes would fill memory with their names.
  if (known.layers! > arrays.size) {
    throw new FormatError(file, "configuration", `${known.layers} layers, but only ${arrays.size} tensors`);
  }
  try {
    return complete(known as Config);
  } catch (error) {
    if (error instanceof ArgumentError) throw new FormatError(file, "configuration", error.message);
    throw error;
  }
}
