import { ArgumentError } from "../errors.ts";
import { type FolderSink, type MemoryFolder, memoryFolder } from "../io/folder.ts";
import type { FloatType } from "../io/halfFloats.ts";
import { safetensorsFiles } from "../io/shards.ts";
import { Bert } from "../models/bert.ts";
import type { CompleteBertConfig } from "../models/bertConfig.ts";
import type { Gpt } from "../models/gpt.ts";
import type { CompleteGptConfig } from "../models/gptConfig.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { bertConfigJson, bertPlaces } from "./bert.ts";
import { GPT2_PREFIX, gpt2ConfigJson, gpt2Places } from "./gpt2.ts";
import { llamaConfigJson, llamaPlaces } from "./llama.ts";
import type { Place } from "./places.ts";
import { writeTokenizer } from "./tokenizer.ts";
import { weightsOf } from "./weights.ts";

export interface SavePretrainedOptions {
  /** Written beside the model, if Hugging Face's programs know its kind. */
  readonly tokenizer?: Tokenizer | null;
  /** What each number is rounded to. Default "f32", which keeps every bit. */
  readonly dtype?: FloatType;
  /** Bytes of weights per file, unless a single tensor has more. Default 5e9. */
  readonly shardBytes?: number;
}

/**
 * Writes a model as Hugging Face's programs read it, GPT-2's kind as GPT2LMHeadModel, Llama's as LlamaForCausalLM, BERT as BertForPreTraining: config.json, the
 * weights in safetensors, and the tokenizer's files. Without a folder they stay in memory:
 *
 * ```ts
 * const { files } = await savePretrained(model);
 * ```
 *
 * @throws ArgumentError for a model of a kind for which Hugging Face has no name
 */
export async function savePretrained(model: Gpt | Bert): Promise<MemoryFolder>;
export async function savePretrained<Folder extends FolderSink>(
  model: Gpt | Bert,
  folder: Folder,
  options?: SavePretrainedOptions,
): Promise<Folder>;
export async function savePretrained(
  model: Gpt | Bert,
  folder: FolderSink = memoryFolder(),
  { tokenizer, dtype = "f32", shardBytes }: SavePretrainedOptions = {},
): Promise<FolderSink> {
  const { json, places } = model instanceof Bert ? bertForm(model.config) : gptForm(model.config);
  const { descriptions, arrayOf } = weightsOf(model, places, dtype);
  const config = { ...json, torch_dtype: torchNames[dtype] };
  const options = { metadata: { format: "pt" }, ...(shardBytes === undefined ? {} : { shardBytes }) };
  for (const { name, pieces } of safetensorsFiles(descriptions, arrayOf, options)) {
    await folder.write(name, pieces);
  }
  await folder.write("config.json", [new TextEncoder().encode(`${JSON.stringify(config, null, 2)}\n`)]);
  if (tokenizer) await writeTokenizer(folder, tokenizer);
  return folder;
}

const torchNames = {
  f32: "float32",
  f64: "float64",
  f16: "float16",
  bf16: "bfloat16",
} as const satisfies Record<FloatType, string>;

/** What Hugging Face calls a model and its weights. */
interface Form {
  readonly json: object;
  readonly places: readonly Place[];
}

function bertForm(config: CompleteBertConfig): Form {
  return { json: bertConfigJson(config), places: bertPlaces(config) };
}

function gptForm(config: CompleteGptConfig): Form {
  const { normOrder, finalNorm, positions, norm, window } = config;
  if (normOrder === "pre" && finalNorm && positions === "rotary") {
    return { json: llamaConfigJson(config), places: llamaPlaces(config, "huggingFace") };
  }
  if (
    normOrder === "pre" &&
    finalNorm &&
    positions === "learned" &&
    norm === "layer" &&
    window === undefined
  ) {
    return { json: gpt2ConfigJson(config), places: gpt2Places(config, "conv", GPT2_PREFIX) };
  }
  const wanted = "a model of GPT-2's kind or of Llama's; keep others as checkpoints";
  throw new ArgumentError("savePretrained", wanted, `${norm} norms, ${normOrder}, ${positions} positions`);
}
