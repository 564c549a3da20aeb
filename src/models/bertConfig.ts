import {
  type Complete,
  checkWhole,
  completeTransformerConfig,
  type TransformerConfig,
} from "./transformerConfig.ts";

/**
 * Size and form of a bidirectional encoder. Other than in `TransformerConfig`, norms come after the sublayers
 * and their epsilon is 1e-12, as in Devlin et al. 2018 and its release. Positions are learned.
 */
export interface BertConfig
  extends Omit<TransformerConfig, "positions" | "rotaryBase" | "window" | "windowLayers"> {
  /** Symbols it knows: V. */
  readonly vocabSize: number;
  /** Kinds of segments: sentence A, sentence B. Default 2. */
  readonly segments?: number;
}

export type CompleteBertConfig = Complete<BertConfig & TransformerConfig> & { readonly segments: number };

/** Those of Devlin et al. 2018, section 3, and small ones of Turc et al. 2019. */
export const bertPresets = {
  "bert-tiny": bert(2, 2, 128),
  "bert-mini": bert(4, 4, 256),
  "bert-base": bert(12, 12, 768),
  "bert-large": bert(24, 16, 1024),
} as const satisfies Record<string, BertConfig>;

function bert(layers: number, heads: number, width: number) {
  return { contextLength: 512, vocabSize: 30522, layers, heads, width, dropout: 0.1 } as const;
}

/**
 * The configuration with every default filled in. @throws ArgumentError naming the field that does not fit
 */
export function completeBertConfig(config: BertConfig): CompleteBertConfig {
  const full: CompleteBertConfig = completeTransformerConfig("BertConfig", {
    normOrder: "post" as const,
    normEpsilon: 1e-12,
    segments: 2,
    ...config,
    positions: "learned" as const,
  });
  checkWhole("BertConfig", "vocabSize", full.vocabSize);
  checkWhole("BertConfig", "segments", full.segments);
  return full;
}
