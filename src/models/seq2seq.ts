import { Linear } from "../nn/linear.ts";
import type { LayerOptions } from "../nn/options.ts";
import { lastPositions } from "../nn/positions.ts";
import { crossEntropy } from "../ops/crossEntropy.ts";
import { linear } from "../ops/linear.ts";
import type { Random } from "../random.ts";
import { defaultRuntime } from "../runtime/default.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Decoder, type DecoderContext, type DecoderMemory } from "./decoder.ts";
import { Encoder, type EncoderContext } from "./encoder.ts";
import { type CompleteSeq2SeqConfig, completeSeq2SeqConfig, type Seq2SeqConfig } from "./seq2seqConfig.ts";
import { seq2seqParameterCount } from "./seq2seqEstimate.ts";
import { Seq2SeqState } from "./seq2seqState.ts";

export interface Seq2SeqContext {
  /** Key of the dropout masks; without it nothing is dropped. */
  readonly random?: Random | undefined;
  /** Symbols of each row of the source that are no padding. Default all. */
  readonly sourceLengths?: readonly number[] | undefined;
  /** Symbols of each row of the target that are no padding. Default all. */
  readonly targetLengths?: readonly number[] | undefined;
  /**
   * Keep only each block's input, and run the block again in backward: less memory for more time. Default
   * false.
   */
  readonly checkpoint?: boolean | undefined;
}

export interface Seq2SeqLossContext extends Seq2SeqContext {
  /**
   * Share of each target's probability that is spread over the vocabulary; 0.1 in Vaswani et al. 2017,
   * section 5.4. Default 0.
   */
  readonly labelSmoothing?: number;
}

/**
 * The encoder-decoder of Vaswani et al. 2017, figure 1: the encoder's last hidden states feed the
 * cross-attention of every block of the decoder, which ends in a linear layer and a softmax over the target's
 * vocabulary.
 *
 *   source [B, S] → encoder → memory [B, S, C]
 *                               ↓
 *   target [B, T] → decoder → hidden [B, T, C] → head → logits [B, T, V]
 */
export class Seq2Seq {
  readonly config: CompleteSeq2SeqConfig;
  readonly encoder: Encoder;
  readonly decoder: Decoder;
  /** Null where the head is tied to the target's embedding. */
  readonly head: Linear | null;

  constructor(config: Seq2SeqConfig, { random, runtime }: Pick<LayerOptions, "random" | "runtime">) {
    this.config = completeSeq2SeqConfig(config);
    const { sourceVocabSize, targetVocabSize, decoderLayers, sharedEmbedding, ...shared } = this.config;
    const home = runtime ?? defaultRuntime();
    const what = `the weights of an encoder-decoder of width ${shared.width}`;
    home.ensureRoom(seq2seqParameterCount(this.config) * home.slotBytes, what);
    const at = (field: string) => ({ random: random.fork(field), ...(runtime ? { runtime } : {}) });
    this.encoder = new Encoder({ ...shared, vocabSize: sourceVocabSize }, at("encoder"));
    this.decoder = new Decoder(
      { ...shared, vocabSize: targetVocabSize, layers: decoderLayers },
      { ...at("decoder"), tokenEmbedding: sharedEmbedding ? this.encoder.tokenEmbedding : undefined },
    );
    const head = { ...at("head"), bias: false };
    this.head = shared.tiedHead ? null : new Linear(shared.width, targetVocabSize, head);
  }

  get runtime(): Runtime {
    return this.encoder.runtime;
  }

  /** source: [B, S], target: [B, T], i32 → logits: [B, T, V], each of the symbol after. */
  forward(source: Tensor, target: Tensor, context: Seq2SeqContext = {}): Tensor {
    const { random, sourceLengths, targetLengths, checkpoint } = context;
    return source.runtime.scope(() => {
      const encoding = { random: random?.fork("encoder"), lengths: sourceLengths, checkpoint };
      const memory = this.encode(source, encoding);
      const decoding = { random: random?.fork("decoder"), lengths: targetLengths, checkpoint };
      return this.decode(target, memory, { ...decoding, memoryLengths: sourceLengths });
    });
  }

  /**
   * Mean cross-entropy with teacher forcing: the decoder reads `target` [B, T] and is asked for `next` [B,
   * T], the same shifted by one. A `next` that is the padding token does not count. A scalar.
   */
  loss(source: Tensor, target: Tensor, next: Tensor, context: Seq2SeqLossContext = {}): Tensor {
    const { labelSmoothing = 0, ...rest } = context;
    const { paddingToken } = this.config;
    const ignored = paddingToken === undefined ? {} : { ignoreIndex: paddingToken };
    return source.runtime.scope(() =>
      crossEntropy(this.forward(source, target, rest), next, { labelSmoothing, ...ignored }),
    );
  }

  /** source: [B, S], i32 → memory: [B, S, C]. */
  encode(source: Tensor, context: EncoderContext = {}): Tensor {
    return this.encoder.forward(source, context);
  }

  /**
   * target: [B, T], i32 → logits: [B, T, V], or with `lastOnly` those of each row's last position, [B, 1, V].
   */
  decode(
    target: Tensor,
    memory: DecoderMemory,
    { lastOnly = false, ...context }: DecoderContext & { readonly lastOnly?: boolean } = {},
  ): Tensor {
    return target.runtime.scope(() => {
      const hidden = this.decoder.forward(target, memory, context);
      return this.#logits(lastOnly ? lastPositions(hidden, context.lengths) : hidden);
    });
  }

  /** What decoding a source token by token keeps: source [B, S], i32. The caller disposes of it. */
  start(source: Tensor, lengths?: readonly number[]): Seq2SeqState {
    const { runtime } = this;
    const memory = runtime.withRecording(false, () =>
      runtime.scope(() => this.decoder.remember(this.encode(source, { lengths }), lengths)),
    );
    return new Seq2SeqState(this.decoder.cache(source.shape[0]!), memory);
  }

  /** Logits [B, 1, V] of the symbol after the given ones [B, T], i32, which the state notes as seen. */
  step(tokens: Tensor, state: Seq2SeqState): Tensor {
    const { cache, memory } = state;
    return this.runtime.withRecording(false, () => this.decode(tokens, memory, { cache, lastOnly: true }));
  }

  #logits(x: Tensor): Tensor {
    return this.head ? this.head.forward(x) : linear(x, this.decoder.tokenEmbedding.weight);
  }
}
