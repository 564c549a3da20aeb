import { ArgumentError } from "../errors.ts";
import {
  type Complete,
  checkWhole,
  completeTransformerConfig,
  type TransformerConfig,
} from "./transformerConfig.ts";

/** Size and form of a decoder-only Transformer. With the defaults it is GPT-2. */
export interface GptConfig extends TransformerConfig {
  /** Symbols it knows: V. */
  readonly vocabSize: number;
  /** Whether the head's weight is the token embedding. Default true. */
  readonly tiedHead?: boolean;
  /** Symbol from which the first one is predicted, where the vocabulary has one. */
  readonly startToken?: number;
}

export type CompleteGptConfig = Complete<GptConfig> & { readonly tiedHead: boolean };

/**
 * Of the generation that followed the research papers: RMSNorm, rotary positions, a gated MLP, no biases
 * (Touvron et al. 2023).
 */
const modern = { bias: false, norm: "rms", positions: "rotary", activation: "swiglu" } as const;

/**
 * Known configurations. `nano` and `shakespeare` are nanoGPT's for a CPU and for one GPU; the `gpt` ones are
 * those of Radford et al. 2018 and 2019 and the smallest of Brown et al. 2020, whose band's width is not
 * published; the `stories` ones llama2.c's.
 */
export const presets = {
  nano: { contextLength: 64, vocabSize: 65, layers: 4, heads: 4, width: 128, bias: false },
  shakespeare: {
    contextLength: 256,
    vocabSize: 65,
    layers: 6,
    heads: 6,
    width: 384,
    bias: false,
    dropout: 0.2,
  },
  gpt1: {
    contextLength: 512,
    vocabSize: 40478,
    layers: 12,
    heads: 12,
    width: 768,
    activation: "geluTanh",
    normOrder: "post",
    dropout: 0.1,
  },
  gpt2: gpt2(12, 12, 768),
  "gpt2-medium": gpt2(24, 16, 1024),
  "gpt2-large": gpt2(36, 20, 1280),
  "gpt2-xl": gpt2(48, 25, 1600),
  "gpt3-small": { ...gpt2(12, 12, 768), contextLength: 2048, window: 256, windowLayers: "alternate" },
  stories260K: { ...stories(512, 512, 64, 5, 8, 172), keyHeads: 4 },
  stories15M: stories(256, 32000, 288, 6, 6, 768),
  stories42M: stories(1024, 32000, 512, 8, 8, 1376),
  stories110M: stories(1024, 32000, 768, 12, 12, 2048),
} as const satisfies Record<string, GptConfig>;

function gpt2(layers: number, heads: number, width: number) {
  return { contextLength: 1024, vocabSize: 50257, layers, heads, width, activation: "geluTanh" } as const;
}

function stories(
  contextLength: number,
  vocabSize: number,
  width: number,
  layers: number,
  heads: number,
  hidden: number,
) {
  return { ...modern, contextLength, vocabSize, layers, heads, width, hidden } as const;
}

/**
 * The configuration with every default filled in, except `startToken` and `window`. @throws ArgumentError
 * naming the field that does not fit
 */
export function completeGptConfig(config: GptConfig): CompleteGptConfig {
  const full = completeTransformerConfig("GptConfig", { tiedHead: true, ...config });
  checkWhole("GptConfig", "vocabSize", full.vocabSize);
  const { startToken, vocabSize } = full;
  if (
    startToken !== undefined &&
    !(Number.isInteger(startToken) && startToken >= 0 && startToken < vocabSize)
  ) {
    throw new ArgumentError("GptConfig.startToken", `a symbol below ${vocabSize}`, startToken);
  }
  return full;
}
