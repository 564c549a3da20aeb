/**
 * Decoders of Llama's kind (Touvron et al. 2023) as four programs keep them. They differ in names, and in the order of the rows that make
 * queries and keys: Hugging Face turns number i of a head with number i + D/2, as here; Meta, llama2.c and llama.cpp 2i with 2i + 1.
 */
import { ArgumentError, FormatError } from "../errors.ts";
import type { GgufValue } from "../io/ggufHeader.ts";
import type { LazyArray, LazyArrays } from "../io/lazyArray.ts";
import type { Llama2cConfig } from "../io/llama2c.ts";
import type { CompleteGptConfig, GptConfig } from "../models/gptConfig.ts";
import type { JsonView } from "../text/jsonView.ts";
import { type Layout, type Place, whole } from "./places.ts";

export type LlamaDialect = "huggingFace" | "llama2c" | "gguf";

/** What all of them have. */
const common = {
  bias: false,
  norm: "rms",
  positions: "rotary",
  activation: "swiglu",
} as const satisfies Partial<GptConfig>;

interface Names {
  /** In the order of the layer's work. */
  readonly layer: string;
  readonly attentionNorm: string;
  readonly queryKeyValue: readonly [string, string, string];
  readonly output: string;
  readonly mlpNorm: string;
  readonly gate: string;
  readonly expand: string;
  readonly project: string;
  readonly embedding: string;
  readonly norm: string;
  readonly head: string;
  readonly layout: Layout;
}

const dialects: Readonly<Record<LlamaDialect, Names>> = {
  huggingFace: {
    layer: "model.layers",
    attentionNorm: "input_layernorm",
    queryKeyValue: ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"],
    output: "self_attn.o_proj",
    mlpNorm: "post_attention_layernorm",
    gate: "mlp.gate_proj",
    expand: "mlp.up_proj",
    project: "mlp.down_proj",
    embedding: "model.embed_tokens",
    norm: "model.norm",
    head: "lm_head",
    layout: "plain",
  },
  llama2c: {
    layer: "layers",
    attentionNorm: "attention_norm",
    queryKeyValue: ["attention.wq", "attention.wk", "attention.wv"],
    output: "attention.wo",
    mlpNorm: "ffn_norm",
    gate: "feed_forward.w1",
    expand: "feed_forward.w3",
    project: "feed_forward.w2",
    embedding: "tok_embeddings",
    norm: "norm",
    head: "output",
    layout: "interleaved",
  },
  gguf: {
    layer: "blk",
    attentionNorm: "attn_norm",
    queryKeyValue: ["attn_q", "attn_k", "attn_v"],
    output: "attn_output",
    mlpNorm: "ffn_norm",
    gate: "ffn_gate",
    expand: "ffn_up",
    project: "ffn_down",
    embedding: "token_embd",
    norm: "output_norm",
    head: "output",
    layout: "interleaved",
  },
};

/** Where the weights of a configuration lie. */
export function llamaPlaces(config: CompleteGptConfig, dialect: LlamaDialect): Place[] {
  const { layers, width, hidden, heads, keyHeads, vocabSize, tiedHead } = config;
  const names = dialects[dialect];
  const headWidth = width / heads;
  const keyWidth = keyHeads * headWidth;
  const [query, key, value] = names.queryKeyValue;
  const blocks = Array.from({ length: layers }, (_, layer): Place[] => {
    const ours = `blocks.${layer}`;
    const theirs = (name: string) => `${names.layer}.${layer}.${name}.weight`;
    const turned = { layout: names.layout, headWidth };
    return [
      whole(`${ours}.attentionNorm.gain`, theirs(names.attentionNorm), [width]),
      {
        name: `${ours}.attention.queryKeyValue.weight`,
        parts: [
          { source: theirs(query), shape: [width, width], ...turned },
          { source: theirs(key), shape: [keyWidth, width], ...turned },
          { source: theirs(value), shape: [keyWidth, width], layout: "plain" },
        ],
      },
      whole(`${ours}.attention.output.weight`, theirs(names.output), [width, width]),
      whole(`${ours}.mlpNorm.gain`, theirs(names.mlpNorm), [width]),
      whole(`${ours}.mlp.gate.weight`, theirs(names.gate), [hidden, width]),
      whole(`${ours}.mlp.expand.weight`, theirs(names.expand), [hidden, width]),
      whole(`${ours}.mlp.project.weight`, theirs(names.project), [width, hidden]),
    ];
  });
  return [
    whole("tokenEmbedding.weight", `${names.embedding}.weight`, [vocabSize, width]),
    ...blocks.flat(),
    whole("norm.gain", `${names.norm}.weight`, [width]),
    ...(tiedHead ? [] : [whole("head.weight", `${names.head}.weight`, [vocabSize, width])]),
  ];
}

/** Hugging Face's names with `model.` in front; tables of angles that older programs saved left out. */
export function llamaNames(arrays: LazyArrays): LazyArrays {
  const renamed = new Map<string, LazyArray>();
  for (const [name, array] of arrays) {
    if (name.endsWith(".rotary_emb.inv_freq")) continue;
    const short = name.replace(/^_orig_mod\./, "");
    renamed.set(/^(layers|embed_tokens|norm)\./.test(short) ? `model.${short}` : short, array);
  }
  return renamed;
}

export const isLlama = (arrays: LazyArrays): boolean => arrays.has("model.embed_tokens.weight");

/** By config.json of LlamaForCausalLM, and of MistralForCausalLM, which adds a window. @throws FormatError for what it needs and we lack */
export function llamaConfig(view: JsonView): GptConfig {
  for (const key of ["attention_bias", "mlp_bias"])
    if (view.get(key).boolean(false)) view.get(key).fail("false");
  if (view.get("hidden_act").orNull) view.get("hidden_act").oneOf("silu", "swish");
  const width = view.get("hidden_size").whole();
  const heads = view.get("num_attention_heads").whole();
  const headWidth = view.get("head_dim").orNull;
  if (headWidth && headWidth.whole() * heads !== width) headWidth.fail(`${width} / ${heads}`);
  const window = view.get("sliding_window").orNull?.whole();
  const startToken = view.get("bos_token_id").orNull?.whole();
  return {
    ...common,
    width,
    heads,
    keyHeads: view.get("num_key_value_heads").orNull?.whole() ?? heads,
    layers: view.get("num_hidden_layers").whole(),
    hidden: view.get("intermediate_size").whole(),
    vocabSize: view.get("vocab_size").whole(),
    contextLength: view.get("max_position_embeddings").whole(),
    normEpsilon: view.get("rms_norm_eps").number(),
    rotaryBase: rotaryBase(view),
    tiedHead: view.get("tie_word_embeddings").boolean(false),
    ...(window === undefined ? {} : { window }),
    ...(startToken === undefined ? {} : { startToken }),
  };
}

/** Newer files keep it in rope_parameters. Angles that are stretched for longer contexts are another function of the position. */
function rotaryBase(view: JsonView): number {
  let base = view.get("rope_theta").orNull?.number();
  for (const key of ["rope_scaling", "rope_parameters"]) {
    const rope = view.get(key);
    if (rope.orNull === null) continue;
    for (const type of ["rope_type", "type"]) if (rope.get(type).orNull) rope.get(type).oneOf("default");
    base ??= rope.get("rope_theta").orNull?.number();
  }
  return base ?? 10000;
}

/** config.json for Hugging Face's LlamaForCausalLM, or MistralForCausalLM where there is a window. @throws ArgumentError */
export function llamaConfigJson(config: CompleteGptConfig): object {
  const { window, startToken } = config;
  for (const [field, value] of Object.entries({ ...common, windowLayers: "all" } as const)) {
    const got = config[field as keyof typeof common];
    if (got !== value) throw new ArgumentError(`savePretrained: config.${field}`, String(value), got);
  }
  const [architecture, type] = window === undefined ? ["Llama", "llama"] : ["Mistral", "mistral"];
  return {
    architectures: [`${architecture}ForCausalLM`],
    model_type: type,
    hidden_act: "silu",
    hidden_size: config.width,
    intermediate_size: config.hidden,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.keyHeads,
    head_dim: config.width / config.heads,
    vocab_size: config.vocabSize,
    max_position_embeddings: config.contextLength,
    rms_norm_eps: config.normEpsilon,
    rope_theta: config.rotaryBase,
    tie_word_embeddings: config.tiedHead,
    ...(window === undefined ? {} : { sliding_window: window }),
    ...(startToken === undefined ? {} : { bos_token_id: startToken }),
  };
}

/** By the header of a file of llama2.c, whose other constants are in its program. */
export function llama2cGptConfig({
  width,
  hidden,
  layers,
  heads,
  keyHeads,
  ...others
}: Llama2cConfig): GptConfig {
  return { ...common, width, hidden, layers, heads, keyHeads, ...others, startToken: 1 };
}

/** By the metadata of a GGUF file. @throws FormatError for what is missing, and for other architectures */
export function ggufConfig(
  metadata: ReadonlyMap<string, GgufValue>,
  arrays: LazyArrays,
  file: string,
): GptConfig {
  const fail = (key: string, wanted: string): never => {
    const got = metadata.get(key);
    const shown = typeof got === "object" ? "a list" : (JSON.stringify(got) ?? "nothing");
    throw new FormatError(file, `metadata ${key}`, `wanted ${wanted}, got ${shown.slice(0, 80)}`);
  };
  const number = (key: string, missing?: number): number => {
    const value = metadata.get(key) ?? missing;
    return typeof value === "number" && Number.isFinite(value) ? value : fail(key, "a finite number");
  };
  if (metadata.get("general.architecture") !== "llama") fail("general.architecture", '"llama"');
  const scaling = metadata.get("llama.rope.scaling.type");
  if (scaling !== undefined && scaling !== "none") fail("llama.rope.scaling.type", '"none"');
  const width = number("llama.embedding_length");
  const heads = number("llama.attention.head_count");
  if (number("llama.rope.dimension_count", width / heads) !== width / heads) {
    fail("llama.rope.dimension_count", `${width} / ${heads}`);
  }
  const start = metadata.get("tokenizer.ggml.bos_token_id");
  return {
    ...common,
    width,
    heads,
    keyHeads: number("llama.attention.head_count_kv", heads),
    layers: number("llama.block_count"),
    hidden: number("llama.feed_forward_length"),
    vocabSize: arrays.get("token_embd.weight")?.shape[0] ?? number("llama.vocab_size"),
    contextLength: number("llama.context_length"),
    normEpsilon: number("llama.attention.layer_norm_rms_epsilon"),
    rotaryBase: number("llama.rope.freq_base", 10000),
    tiedHead: !arrays.has("output.weight"),
    ...(typeof start === "number" ? { startToken: start } : {}),
  };
}
