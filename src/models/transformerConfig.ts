import { ArgumentError } from "../errors.ts";
import { type Activation, hiddenWidth } from "../nn/mlp.ts";
import type { NormKind } from "../nn/norm.ts";

/** Size and form of a stack of Transformer blocks. */
export interface TransformerConfig {
  /** Positions that the model can see: T at most. */
  readonly contextLength: number;
  readonly layers: number;
  /** Attention heads per layer: H. */
  readonly heads: number;
  /**
   * Heads of keys and values, G, dividing `heads`; fewer make a smaller cache (Ainslie et al. 2023). Default
   * `heads`.
   */
  readonly keyHeads?: number;
  /** Width of the residual stream: C, a multiple of `heads`. */
  readonly width: number;
  /**
   * Width inside the MLPs. Default 4·C; with "swiglu" 8/3·C rounded up to a multiple of 32, which costs as
   * much.
   */
  readonly hidden?: number;
  /**
   * "gelu" is the erf form, "geluTanh" the approximation of GPT-2's release, "swiglu" has a gate (Shazeer
   * 2020). Default "gelu".
   */
  readonly activation?: Activation;
  /** Whether linear layers and norms have biases. Default true. */
  readonly bias?: boolean;
  /** "layer" (Ba et al. 2016) or "rms" (Zhang & Sennrich 2019). Default "layer". */
  readonly norm?: NormKind;
  /** Added to the variance or the mean square. Default 1e-5. */
  readonly normEpsilon?: number;
  /**
   * Whether a sublayer's input is normalised ("pre", the default), or the sum of its input and output
   * ("post").
   */
  readonly normOrder?: "pre" | "post";
  /** Whether there is a norm after the last block. Default where `normOrder` is "pre". */
  readonly finalNorm?: boolean;
  /**
   * "learned" vectors, one per position; "sinusoidal" ones (Vaswani et al. 2017, section 3.5; the token
   * embeddings are then multiplied with √C, section 3.4); or "rotary", which turns queries and keys (Su et
   * al. 2021). Default "learned".
   */
  readonly positions?: "learned" | "sinusoidal" | "rotary";
  /** With "rotary": the longest wavelength is 2π times this. Default 10000. */
  readonly rotaryBase?: number;
  /** Causal layers only: a position sees no more than the last `window`, itself included. Default all. */
  readonly window?: number;
  /**
   * Which layers have the window: all, or every second one, the second first (Brown et al. 2020, section
   * 2.1). Default "all".
   */
  readonly windowLayers?: "all" | "alternate";
  /**
   * Share dropped of embeddings, attention weights and sublayer outputs when `forward` gets a key. Default 0.
   */
  readonly dropout?: number;
}

/** A configuration with every default filled in; `window` stays out where there is none. */
export type Complete<Config extends TransformerConfig> = Required<Omit<TransformerConfig, "window">> & Config;

/**
 * Fills in the defaults. `where` names the configuration in errors.
 *
 * @throws ArgumentError naming the field that does not fit
 */
export function completeTransformerConfig<Config extends TransformerConfig>(
  where: string,
  config: Config,
): Complete<Config> {
  const { width, heads, activation = "gelu", normOrder = "pre" } = config;
  const full: Complete<Config> = {
    bias: true,
    dropout: 0,
    activation,
    keyHeads: heads,
    hidden: hiddenWidth(width, activation),
    norm: "layer",
    normEpsilon: 1e-5,
    normOrder,
    finalNorm: normOrder === "pre",
    positions: "learned",
    rotaryBase: 10000,
    windowLayers: "all",
    ...config,
  };
  checkSizes(where, full);
  checkChoices(where, full);
  return full;
}

function checkSizes(where: string, config: Complete<TransformerConfig>): void {
  for (const field of ["contextLength", "layers", "heads", "keyHeads", "width", "hidden"] as const) {
    checkWhole(where, field, config[field]);
  }
  if (config.window !== undefined) checkWhole(where, "window", config.window);
  const { width, heads, keyHeads, dropout, normEpsilon, rotaryBase, positions } = config;
  const fail = (field: keyof TransformerConfig, wanted: string): never => {
    throw new ArgumentError(`${where}.${field}`, wanted, config[field]);
  };
  if (width % heads !== 0) fail("width", `a multiple of ${heads} heads`);
  if (heads % keyHeads !== 0) fail("keyHeads", `a number that divides ${heads} heads`);
  if (!(dropout >= 0 && dropout < 1)) fail("dropout", "a share from 0 to below 1");
  if (!(normEpsilon >= 0 && normEpsilon < Infinity)) fail("normEpsilon", "a finite number from 0 on");
  if (!(rotaryBase > 0 && rotaryBase < Infinity)) fail("rotaryBase", "a finite number above 0");
  if (positions === "rotary" && (width / heads) % 2 !== 0) {
    fail("width", `an even width of each of the ${heads} heads, for rotary positions`);
  }
}

/** Refuses what is not a whole number from 1 on. */
export function checkWhole(where: string, field: string, value: unknown): void {
  if (!Number.isInteger(value) || (value as number) < 1) {
    throw new ArgumentError(`${where}.${field}`, "a whole number from 1 on", value);
  }
}

const CHOICES = {
  activation: ["gelu", "geluTanh", "relu", "swiglu"],
  norm: ["layer", "rms"],
  normOrder: ["pre", "post"],
  positions: ["learned", "sinusoidal", "rotary"],
  windowLayers: ["all", "alternate"],
} as const satisfies { readonly [Field in keyof TransformerConfig]?: readonly TransformerConfig[Field][] };

function checkChoices(where: string, config: Complete<TransformerConfig>): void {
  for (const [field, choices] of Object.entries(CHOICES)) {
    const value = config[field as keyof typeof CHOICES];
    if (!(choices as readonly string[]).includes(value)) {
      const listed = choices.map((choice) => JSON.stringify(choice)).join(" or ");
      throw new ArgumentError(`${where}.${field}`, listed, value);
    }
  }
}
