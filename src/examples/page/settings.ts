import type { GptConfig } from "lanegrad";

/** Sizes to choose from: some 0.1, 0.8 and 2.7 million weights. */
export const sizes = {
  small: { layers: 2, heads: 4, width: 64, contextLength: 64 },
  medium: { layers: 4, heads: 4, width: 128, contextLength: 64 },
  large: { layers: 6, heads: 6, width: 192, contextLength: 128 },
} as const satisfies Record<string, Omit<GptConfig, "vocabSize">>;

export type Size = keyof typeof sizes;

/** What the page asks the worker for. */
export interface TrainingOptions {
  readonly text: string;
  readonly size: Size;
  readonly steps: number;
  readonly seed: number;
}

/** What the worker yields: a step each time, the others now and then. */
export type Report =
  | { readonly kind: "begun"; readonly parameters: number; readonly symbols: number }
  | { readonly kind: "step"; readonly step: number; readonly loss: number; readonly tokensPerSecond: number }
  | { readonly kind: "validation"; readonly step: number; readonly loss: number }
  | { readonly kind: "sample"; readonly step: number; readonly text: string }
  | AttentionReport
  /** The last one: the model is still there for a checkpoint, until the page asks for more. */
  | { readonly kind: "done" };

export interface AttentionReport {
  readonly kind: "attention";
  readonly step: number;
  /** The T characters that were read. */
  readonly characters: readonly string[];
  readonly heads: number;
  /** For each layer [H, T, T]: how much row i looks at column j. */
  readonly layers: readonly Float32Array[];
}
