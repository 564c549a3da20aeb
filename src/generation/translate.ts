import { ArgumentError } from "../errors.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { tensor } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type BeamModel, type BeamOptions, type BeamResult, beamSearch } from "./beamSearch.ts";

/** What decoding one source keeps. */
interface Decoding {
  reorder(rows: readonly number[]): void;
  dispose(): void;
}

/** What `translate` asks of an encoder-decoder. */
export interface Translator<State extends Decoding> {
  readonly config: { readonly startToken?: number; readonly endToken?: number };
  readonly runtime: Runtime;
  /** source: [1, S] → what decoding it keeps */
  start(source: Tensor): State;
  /** tokens: [beams, 1] → logits: [beams, 1, V] of what follows, noting the tokens in the state */
  step(tokens: Tensor, state: State): Tensor;
}

/**
 * The likeliest targets of a source that a beam search finds, the best first: `beamSearch` over an
 * encoder-decoder. A target begins behind the model's start token and ends with its end token, unless
 * `stopTokens` names others.
 *
 * ```ts
 * const options = { tokens: 20, beams: 4, lengthPenalty: 0.6 };
 * const [best] = await translate(model, tokenizer.encode("guten Tag"), options);
 * ```
 *
 * @throws ArgumentError for an empty source, where the model has no start token, and for options out of their
 * range
 */
export async function translate<State extends Decoding>(
  model: Translator<State>,
  source: ArrayLike<number>,
  options: BeamOptions,
): Promise<BeamResult[]> {
  const { runtime } = model;
  const { startToken, endToken } = model.config;
  if (source.length === 0) throw new ArgumentError("translate", "a source of at least one token", source);
  if (startToken === undefined) throw new ArgumentError("translate", "a model with a startToken", startToken);
  const ends = endToken === undefined ? {} : { stopTokens: [endToken] };
  const input = tensor(Int32Array.from(source), { shape: [1, source.length], runtime });
  const state = runtime.withRecording(false, () => runtime.scope(() => model.start(input)));
  input.dispose();
  try {
    return await beamSearch(overSteps(model), { state, token: startToken }, { ...ends, ...options });
  } finally {
    state.dispose();
  }
}

function overSteps<State extends Decoding>(model: Translator<State>): BeamModel<State> {
  const { runtime } = model;
  return {
    step(tokens, state) {
      const logits = runtime.withRecording(false, () =>
        runtime.scope(() => {
          const input = tensor(Int32Array.from(tokens), { shape: [tokens.length, 1], runtime });
          return model.step(input, state).toTypedArray() as Float32Array | Float64Array;
        }),
      );
      const width = logits.length / tokens.length;
      return { logits: tokens.map((_, beam) => logits.subarray(beam * width, (beam + 1) * width)), state };
    },
    reorder(state, rows) {
      state.reorder(rows);
      return state;
    },
  };
}
