import { ArgumentError } from "../errors.ts";
import {
  type Complete,
  checkWhole,
  completeTransformerConfig,
  type TransformerConfig,
} from "./transformerConfig.ts";

/**
 * Size and form of an encoder-decoder. Other than in `TransformerConfig` the defaults are those of Vaswani et
 * al. 2017: norms after the sublayers, relu, sinusoidal positions. `window` is the decoder's.
 */
export interface Seq2SeqConfig extends TransformerConfig {
  /** Symbols of the source. */
  readonly sourceVocabSize: number;
  /** Symbols of the target: V. */
  readonly targetVocabSize: number;
  /** Blocks of the decoder; `layers` are the encoder's. Default as many. */
  readonly decoderLayers?: number;
  /** Whether source and target are of one vocabulary and share its embedding. Default false. */
  readonly sharedEmbedding?: boolean;
  /** Whether the head's weight is the target's embedding (section 3.4). Default true. */
  readonly tiedHead?: boolean;
  /** Symbol that stands before a target: from it the first one is predicted. */
  readonly startToken?: number;
  /** Symbol that ends a target. */
  readonly endToken?: number;
  /** Symbol that fills up rows; as a target it counts nowhere in the loss. */
  readonly paddingToken?: number;
}

type Defaults = Required<Pick<Seq2SeqConfig, "decoderLayers" | "sharedEmbedding" | "tiedHead">>;

export type CompleteSeq2SeqConfig = Complete<Seq2SeqConfig> & Defaults;

/**
 * The configuration with every default filled in, except those that have none. @throws ArgumentError naming
 * the field that does not fit
 */
export function completeSeq2SeqConfig(config: Seq2SeqConfig): CompleteSeq2SeqConfig {
  const where = "Seq2SeqConfig";
  const full: CompleteSeq2SeqConfig = completeTransformerConfig(where, {
    normOrder: "post" as const,
    activation: "relu" as const,
    positions: "sinusoidal" as const,
    decoderLayers: config.layers,
    sharedEmbedding: false,
    tiedHead: true,
    ...config,
  });
  for (const field of ["sourceVocabSize", "targetVocabSize", "decoderLayers"] as const) {
    checkWhole(where, field, full[field]);
  }
  const { sourceVocabSize, targetVocabSize, sharedEmbedding } = full;
  if (sharedEmbedding && sourceVocabSize !== targetVocabSize) {
    throw new ArgumentError(`${where}.sharedEmbedding`, "vocabularies of one size", [
      sourceVocabSize,
      targetVocabSize,
    ]);
  }
  for (const field of ["startToken", "endToken", "paddingToken"] as const) {
    const token = full[field];
    if (token !== undefined && !(Number.isInteger(token) && token >= 0 && token < targetVocabSize)) {
      throw new ArgumentError(`${where}.${field}`, `a symbol below ${targetVocabSize}`, token);
    }
  }
  return full;
}
