/**
 * Decoders of GPT-2's kind as three programs keep them, under nearly the same names:
 *
 *   Hugging Face   linear layers are [in, out], and always have biases; the activation is named in config.json
 *   nanoGPT        [out, in]; the head is tied; biases are an option; the erf form of gelu
 *   minGPT         [out, in]; a head of its own; the tanh form
 */
import { ArgumentError } from "../errors.ts";
import type { LazyArray, LazyArrays } from "../io/lazyArray.ts";
import type { CompleteGptConfig, GptConfig } from "../models/gptConfig.ts";
import type { JsonView } from "../text/jsonView.ts";
import { type Layout, type Place, whole } from "./places.ts";

export type Gpt2Dialect = "conv" | "linear";

/** Masks that older programs saved among the weights. */
const BUFFER = /^h\.\d+\.attn\.(bias|masked_bias)$/;

/** The weights by their names without `transformer.` or what torch.compile puts in front; masks left out. */
export function gpt2Names(arrays: LazyArrays): LazyArrays {
  const renamed = new Map<string, LazyArray>();
  for (const [name, array] of arrays) {
    const short = name.replace(/^(_orig_mod\.|module\.)?(transformer\.)?/, "");
    if (!BUFFER.test(short)) renamed.set(short, array);
  }
  return renamed;
}

/** Whether weights with these names are of this family. */
export const isGpt2 = (arrays: LazyArrays): boolean => arrays.has("wte.weight") && arrays.has("wpe.weight");

/** Linear layers are recognised by the projection to queries, keys and values: [C, 3·C] or [3·C, C]. */
export function gpt2Dialect(arrays: LazyArrays): Gpt2Dialect {
  const [rows = 0, columns = 0] = arrays.get("h.0.attn.c_attn.weight")?.shape ?? [];
  return rows > columns ? "linear" : "conv";
}

const activations: ReadonlyMap<string, NonNullable<GptConfig["activation"]>> = /* @__PURE__ */ new Map([
  ["gelu_new", "geluTanh"],
  ["gelu_fast", "geluTanh"],
  ["gelu_pytorch_tanh", "geluTanh"],
  ["gelu", "gelu"],
  ["relu", "relu"],
]);

/**
 * The configuration by the file's own words where it has them (Hugging Face's or nanoGPT's keys), else by the shapes of its weights. What
 * neither says is missing.
 */
export function gpt2Config(view: JsonView, arrays: LazyArrays): Partial<GptConfig> {
  const dialect = gpt2Dialect(arrays);
  const [vocabSize, width] = arrays.get("wte.weight")!.shape;
  const tied = !arrays.has("lm_head.weight");
  const hugging = dialect === "conv";
  checkPlain(view);
  const size = (key: string) => (view.get(key).orNull === null ? undefined : view.get(key).whole());
  const optional: { -readonly [Field in keyof GptConfig]?: GptConfig[Field] | undefined } = {
    vocabSize: size("vocab_size") ?? vocabSize,
    width: size("n_embd") ?? width,
    contextLength: size("n_positions") ?? size("block_size") ?? arrays.get("wpe.weight")!.shape[0],
    layers: size("n_layer") ?? countLayers(arrays),
    heads: size("n_head"),
    hidden: size("n_inner") ?? arrays.get("h.0.mlp.c_fc.bias")?.shape[0],
    bias: view.get("bias").boolean(arrays.has("ln_f.bias")),
    tiedHead: view.get("tie_word_embeddings").boolean(hugging || tied),
    normEpsilon: view.get("layer_norm_epsilon").orNull?.number(),
    activation: readActivation(view) ?? (hugging || !tied ? "geluTanh" : "gelu"),
    startToken: view.get("bos_token_id").orNull?.whole(),
    dropout: (view.get("dropout").orNull ?? view.get("resid_pdrop").orNull)?.number(),
  };
  return Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined));
}

function readActivation(view: JsonView): GptConfig["activation"] | undefined {
  const given = view.get("activation_function");
  return given.orNull === null ? undefined : activations.get(given.oneOf(...activations.keys()));
}

/** Variants of attention that this library does not have. */
function checkPlain(view: JsonView): void {
  for (const key of ["scale_attn_by_inverse_layer_idx", "add_cross_attention"]) {
    if (view.get(key).boolean(false)) view.get(key).fail("false");
  }
  if (!view.get("scale_attn_weights").boolean(true)) view.get("scale_attn_weights").fail("true");
}

function countLayers(arrays: LazyArrays): number {
  let layers = 0;
  while (arrays.has(`h.${layers}.ln_1.weight`)) layers++;
  return layers;
}

/** As Hugging Face writes the names of all but the head. */
export const GPT2_PREFIX = "transformer.";

/** Where the weights of a configuration lie. Hugging Face's programs want biases: a model without gets zeros. */
export function gpt2Places(config: CompleteGptConfig, dialect: Gpt2Dialect, prefix = ""): Place[] {
  const { layers, width, hidden, vocabSize, contextLength, bias, tiedHead } = config;
  const layout: Layout = dialect === "conv" ? "transposed" : "plain";
  const biasOf = (ours: string, theirs: string, size: number): Place[] =>
    bias || dialect === "conv"
      ? [whole(bias ? `${ours}.bias` : null, `${prefix}${theirs}.bias`, [size])]
      : [];
  const linear = (ours: string, theirs: string, outputs: number, inputs: number): Place[] => [
    whole(`${ours}.weight`, `${prefix}${theirs}.weight`, [outputs, inputs], layout),
    ...biasOf(ours, theirs, outputs),
  ];
  const norm = (ours: string, theirs: string): Place[] => [
    whole(`${ours}.gain`, `${prefix}${theirs}.weight`, [width]),
    ...biasOf(ours, theirs, width),
  ];
  const blocks = Array.from({ length: layers }, (_, layer) => [
    ...norm(`blocks.${layer}.attentionNorm`, `h.${layer}.ln_1`),
    ...linear(`blocks.${layer}.attention.queryKeyValue`, `h.${layer}.attn.c_attn`, 3 * width, width),
    ...linear(`blocks.${layer}.attention.output`, `h.${layer}.attn.c_proj`, width, width),
    ...norm(`blocks.${layer}.mlpNorm`, `h.${layer}.ln_2`),
    ...linear(`blocks.${layer}.mlp.expand`, `h.${layer}.mlp.c_fc`, hidden, width),
    ...linear(`blocks.${layer}.mlp.project`, `h.${layer}.mlp.c_proj`, width, hidden),
  ]);
  return [
    whole("tokenEmbedding.weight", `${prefix}wte.weight`, [vocabSize, width]),
    whole("positionEmbedding.weight", `${prefix}wpe.weight`, [contextLength, width]),
    ...blocks.flat(),
    ...norm("norm", "ln_f"),
    ...(tiedHead ? [] : [whole("head.weight", "lm_head.weight", [vocabSize, width])]),
  ];
}

/** config.json for Hugging Face's GPT2LMHeadModel. @throws ArgumentError for a model of another kind */
export function gpt2ConfigJson(config: CompleteGptConfig): object {
  const names = new Map([...activations].map(([name, activation]) => [activation, name]));
  names.set("geluTanh", "gelu_new");
  const { activation, bias, startToken } = config;
  if (!names.has(activation) || config.keyHeads !== config.heads) {
    throw new ArgumentError("savePretrained", "a GPT-2 with as many key heads as heads", activation);
  }
  return {
    architectures: ["GPT2LMHeadModel"],
    model_type: "gpt2",
    activation_function: names.get(activation),
    n_layer: config.layers,
    n_head: config.heads,
    n_embd: config.width,
    n_inner: config.hidden,
    n_positions: config.contextLength,
    vocab_size: config.vocabSize,
    layer_norm_epsilon: config.normEpsilon,
    attn_pdrop: config.dropout,
    embd_pdrop: config.dropout,
    resid_pdrop: config.dropout,
    tie_word_embeddings: config.tiedHead,
    ...(startToken === undefined ? {} : { bos_token_id: startToken, eos_token_id: startToken }),
    // Not one of Hugging Face's keys: the biases are zeros that its program wants.
    ...(bias ? {} : { bias: false }),
  };
}
