/** BERT as Hugging Face keeps it (BertForPreTraining, BertForMaskedLM, BertModel): linear layers are [out, in], the heads may be missing. */
import { ArgumentError } from "../errors.ts";
import type { LazyArray, LazyArrays } from "../io/lazyArray.ts";
import type { BertConfig, CompleteBertConfig } from "../models/bertConfig.ts";
import type { Activation } from "../nn/mlp.ts";
import type { JsonView } from "../text/jsonView.ts";
import { type Place, whole } from "./places.ts";

const activations = {
  gelu: "gelu",
  gelu_new: "geluTanh",
  gelu_pytorch_tanh: "geluTanh",
  relu: "relu",
} as const satisfies Record<string, Activation>;

/** The output layer has the embedding's weight and the head's bias; positions are counted. */
const REPEATED = /^(cls\.predictions\.decoder\.(weight|bias)|bert\.embeddings\.position_ids)$/;

/** Weights with `bert.` in front and the names that norms have had since 2019, without what is there twice. */
export function bertNames(arrays: LazyArrays): LazyArrays {
  const renamed = new Map<string, LazyArray>();
  for (const [name, array] of arrays) {
    const full = /^(embeddings|encoder|pooler)\./.test(name) ? `bert.${name}` : name;
    const now = full
      .replace(/LayerNorm\.gamma$/, "LayerNorm.weight")
      .replace(/LayerNorm\.beta$/, "LayerNorm.bias");
    if (!REPEATED.test(now)) renamed.set(now, array);
  }
  return renamed;
}

/** A weight of each head that may be missing. */
export const BERT_HEADS = [
  "bert.pooler.dense.weight",
  "cls.predictions.bias",
  "cls.seq_relationship.weight",
] as const;

export const isBert = (arrays: LazyArrays): boolean => arrays.has("bert.embeddings.word_embeddings.weight");

/** By config.json. @throws FormatError for what it lacks, or asks for and we lack */
export function readBertConfig(view: JsonView): BertConfig {
  const positions = view.get("position_embedding_type");
  if (positions.orNull) positions.oneOf("absolute");
  if (view.get("is_decoder").boolean(false)) view.get("is_decoder").fail("false");
  const activation = view
    .get("hidden_act")
    .oneOf(...(Object.keys(activations) as (keyof typeof activations)[]));
  return {
    width: view.get("hidden_size").whole(),
    heads: view.get("num_attention_heads").whole(),
    layers: view.get("num_hidden_layers").whole(),
    hidden: view.get("intermediate_size").whole(),
    vocabSize: view.get("vocab_size").whole(),
    contextLength: view.get("max_position_embeddings").whole(),
    segments: view.get("type_vocab_size").orNull?.whole() ?? 2,
    normEpsilon: view.get("layer_norm_eps").orNull?.number() ?? 1e-12,
    dropout: view.get("hidden_dropout_prob").orNull?.number() ?? 0,
    activation: activations[activation],
  };
}

/** Where the weights of a configuration lie; heads that `has` says no to are left out. */
export function bertPlaces(
  config: CompleteBertConfig,
  has: (name: string) => boolean = () => true,
): readonly Place[] {
  const { layers, width, hidden, vocabSize, contextLength, segments } = config;
  const linear = (ours: string, theirs: string, outputs: number, inputs: number): Place[] => [
    whole(`${ours}.weight`, `${theirs}.weight`, [outputs, inputs]),
    whole(`${ours}.bias`, `${theirs}.bias`, [outputs]),
  ];
  const norm = (ours: string, theirs: string): Place[] => [
    whole(`${ours}.gain`, `${theirs}.weight`, [width]),
    whole(`${ours}.bias`, `${theirs}.bias`, [width]),
  ];
  const embedding = (ours: string, theirs: string, rows: number): Place =>
    whole(`${ours}.weight`, `bert.embeddings.${theirs}.weight`, [rows, width]);
  const blocks = Array.from({ length: layers }, (_, layer) => {
    const ours = `blocks.${layer}`;
    const theirs = `bert.encoder.layer.${layer}`;
    return [
      ...queryKeyValue(`${ours}.attention.queryKeyValue`, `${theirs}.attention.self`, width),
      ...linear(`${ours}.attention.output`, `${theirs}.attention.output.dense`, width, width),
      ...norm(`${ours}.attentionNorm`, `${theirs}.attention.output.LayerNorm`),
      ...linear(`${ours}.mlp.expand`, `${theirs}.intermediate.dense`, hidden, width),
      ...linear(`${ours}.mlp.project`, `${theirs}.output.dense`, width, hidden),
      ...norm(`${ours}.mlpNorm`, `${theirs}.output.LayerNorm`),
    ];
  });
  const heads = [
    linear("pooler", "bert.pooler.dense", width, width),
    [
      ...linear("tokenHead.transform", "cls.predictions.transform.dense", width, width),
      ...norm("tokenHead.norm", "cls.predictions.transform.LayerNorm"),
      whole("tokenHead.bias", "cls.predictions.bias", [vocabSize]),
    ],
    linear("pairHead", "cls.seq_relationship", 2, width),
  ];
  return [
    embedding("tokenEmbedding", "word_embeddings", vocabSize),
    embedding("positionEmbedding", "position_embeddings", contextLength),
    embedding("segmentEmbedding", "token_type_embeddings", segments),
    ...norm("embeddingNorm", "bert.embeddings.LayerNorm"),
    ...blocks.flat(),
    ...heads.filter((places) => places.some(({ parts }) => has(parts[0]!.source))).flat(),
  ];
}

/** Three layers of the file are one here. */
function queryKeyValue(ours: string, theirs: string, width: number): Place[] {
  const parts = (kind: "weight" | "bias", shape: readonly number[]) =>
    ["query", "key", "value"].map(
      (name) => ({ source: `${theirs}.${name}.${kind}`, shape, layout: "plain" }) as const,
    );
  return [
    { name: `${ours}.weight`, parts: parts("weight", [width, width]) },
    { name: `${ours}.bias`, parts: parts("bias", [width]) },
  ];
}

/** config.json for Hugging Face's BertForPreTraining. @throws ArgumentError for a model of another kind */
export function bertConfigJson(config: CompleteBertConfig): object {
  const wanted = {
    bias: true,
    norm: "layer",
    normOrder: "post",
    finalNorm: false,
    keyHeads: config.heads,
  } as const satisfies Partial<CompleteBertConfig>;
  for (const [field, value] of Object.entries(wanted)) {
    const got = config[field as keyof typeof wanted];
    if (got !== value) throw new ArgumentError(`savePretrained: config.${field}`, String(value), got);
  }
  const activation = Object.entries(activations).find(([, ours]) => ours === config.activation);
  if (!activation)
    throw new ArgumentError("savePretrained", "an activation without a gate", config.activation);
  return {
    architectures: ["BertForPreTraining"],
    model_type: "bert",
    hidden_act: activation[0],
    hidden_size: config.width,
    intermediate_size: config.hidden,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    vocab_size: config.vocabSize,
    type_vocab_size: config.segments,
    max_position_embeddings: config.contextLength,
    layer_norm_eps: config.normEpsilon,
    hidden_dropout_prob: config.dropout,
    attention_probs_dropout_prob: config.dropout,
  };
}
