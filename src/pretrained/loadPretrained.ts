import { ArgumentError, FormatError } from "../errors.ts";
import type { ByteSource } from "../io/byteSource.ts";
import type { FolderSource } from "../io/folder.ts";
import { Gpt } from "../models/gpt.ts";
import { type CompleteGptConfig, completeGptConfig, type GptConfig } from "../models/gptConfig.ts";
import { Random } from "../random.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { type OpenModel, openModel } from "./open.ts";
import { readTokenizer } from "./tokenizer.ts";
import { checkWeights, fill } from "./weights.ts";

export interface LoadOptions {
  /** Default: the default runtime. */
  readonly runtime?: Runtime;
  /**
   * What the file does not say, such as the heads of a state dictionary of nanoGPT's, or shall be otherwise: a shorter context needs a
   * smaller cache.
   */
  readonly config?: Partial<GptConfig>;
}

export interface Pretrained {
  readonly model: Gpt;
  /** Null where the source has none that is known. */
  readonly tokenizer: Tokenizer | null;
}

/**
 * Makes a model of weights that another program wrote:
 *
 *   a folder of Hugging Face's for GPT-2, Llama or Mistral; also with nanoGPT's or minGPT's weights
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
  { runtime, config: changes = {} }: LoadOptions = {},
): Promise<Pretrained> {
  const open = await openModel(source);
  const config = completeConfig(open, changes);
  const places = open.places(config);
  checkWeights(places, open.arrays, open.file);
  const tokenizer = "open" in source ? await readTokenizer(source) : null;
  if (tokenizer && tokenizer.vocabSize > config.vocabSize) {
    const rule = `it has ${tokenizer.vocabSize} tokens, the model ${config.vocabSize}`;
    throw new FormatError(open.file, "tokenizer", rule);
  }
  const options = { random: new Random(0), ...(runtime ? { runtime } : {}) };
  const model = await fill(() => new Gpt(config, options), places, open.arrays, open.file);
  return { model, tokenizer };
}

function completeConfig({ file, config, arrays }: OpenModel, changes: Partial<GptConfig>): CompleteGptConfig {
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
    return completeGptConfig(known as GptConfig);
  } catch (error) {
    if (error instanceof ArgumentError) throw new FormatError(file, "configuration", error.message);
    throw error;
  }
}
