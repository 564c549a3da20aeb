import { ArgumentError } from "../errors.ts";

/** Size and form of a decoder-only Transformer. */
export interface GptConfig {
  /** Positions that the model can see: T at most. */
  readonly contextLength: number;
  /** Symbols it knows: V. */
  readonly vocabSize: number;
  readonly layers: number;
  /** Attention heads per layer: H. */
  readonly heads: number;
  /** Width of the residual stream: C, a multiple of `heads`. */
  readonly width: number;
  /** Whether linear layers and norms have biases. Default true. */
  readonly bias?: boolean;
  /** Whether the head's weight is the token embedding. Default true. */
  readonly tiedHead?: boolean;
  /** Share dropped of embeddings, attention weights and sublayer outputs when `forward` gets a key. Default 0. */
  readonly dropout?: number;
  /** "gelu" is the erf form, "geluTanh" the approximation of GPT-2's release. Default "gelu". */
  readonly activation?: "gelu" | "geluTanh";
  /** Symbol from which the first one is predicted, where the vocabulary has one. */
  readonly startToken?: number;
}

/** Known configurations. `nano` and `shakespeare` are nanoGPT's for a CPU and for one GPU, the others GPT-2's. */
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
  gpt2: gpt2(12, 12, 768),
  "gpt2-medium": gpt2(24, 16, 1024),
  "gpt2-large": gpt2(36, 20, 1280),
  "gpt2-xl": gpt2(48, 25, 1600),
} as const satisfies Record<string, GptConfig>;

function gpt2(layers: number, heads: number, width: number): GptConfig {
  return { contextLength: 1024, vocabSize: 50257, layers, heads, width, activation: "geluTanh" };
}

/** The configuration with every default filled in, except `startToken`. @throws ArgumentError naming the field that does not fit */
export function completeGptConfig(config: GptConfig): Required<Omit<GptConfig, "startToken">> & GptConfig {
  const full = { bias: true, tiedHead: true, dropout: 0, activation: "gelu" as const, ...config };
  for (const field of ["contextLength", "vocabSize", "layers", "heads", "width"] as const) {
    if (!Number.isInteger(full[field]) || full[field] < 1) {
      throw new ArgumentError(`GptConfig.${field}`, "a whole number from 1 on", full[field]);
    }
  }
  if (full.width % full.heads !== 0) {
    throw new ArgumentError("GptConfig.width", `a multiple of ${full.heads} heads`, full.width);
  }
  if (!(full.dropout >= 0 && full.dropout < 1)) {
    throw new ArgumentError("GptConfig.dropout", "a share from 0 to below 1", full.dropout);
  }
  if (full.activation !== "gelu" && full.activation !== "geluTanh") {
    throw new ArgumentError("GptConfig.activation", '"gelu" or "geluTanh"', full.activation);
  }
  const { startToken } = full;
  if (
    startToken !== undefined &&
    !(Number.isInteger(startToken) && startToken >= 0 && startToken < full.vocabSize)
  ) {
    throw new ArgumentError("GptConfig.startToken", `a symbol below ${full.vocabSize}`, startToken);
  }
  return full;
}
