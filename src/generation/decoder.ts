import type { KeyValueCache } from "../nn/keyValueCache.ts";
import { dispose } from "../nn/parameters.ts";
import { logSoftmax } from "../ops/logSoftmax.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { tensor } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** What generation asks of a model. */
export interface Generative {
  readonly config: { readonly contextLength: number; readonly startToken?: number };
  readonly runtime: Runtime;
  /**
   * tokens: [B, T] → logits: [B, T, V], or [B, 1, V] of each row's last position alone. Of row b the first
   * lengths[b] tokens count, by default all; a row of 0 stands still.
   */
  forward(
    tokens: Tensor,
    context: {
      readonly cache?: readonly KeyValueCache[];
      readonly lengths?: readonly number[];
      readonly lastOnly?: boolean;
    },
  ): Tensor;
  cache(batch: number): KeyValueCache[];
}

type Floats = Float32Array | Float64Array;

/** What a model says of the token after a text. */
export interface Prediction {
  /** [V] */
  readonly logits: Floats;
  /** log softmax(logits): [V] */
  readonly logProbabilities: Floats;
}

/**
 * Predicts what comes after texts that grow, one row for each. Inside the context no token is computed twice:
 * keys and values are kept, so the first call reads the whole prompts and each later one a token. Past it,
 * positions are learned ones, so the last `contextLength` tokens are run again for each new one, as the
 * model's definition says.
 */
export class Decoder {
  readonly #model: Generative;
  readonly #cache: readonly KeyValueCache[];

  constructor(model: Generative, rows: number) {
    this.#model = model;
    this.#cache = model.cache(rows);
  }

  /** texts: of every row, each at least a token longer than what its row has read. */
  predict(texts: readonly (readonly number[])[]): Prediction[] {
    const { contextLength } = this.#model.config;
    const read = this.#cache[0]?.lengths ?? [];
    const inside = texts.map((text) => text.length <= contextLength);
    const predictions: Prediction[] = [];
    if (inside.includes(true)) {
      const fresh = texts.map((text, row) => (inside[row] ? text.slice(read[row]) : []));
      predictions.push(...this.#run(fresh, { cache: this.#cache }));
    }
    const outside = [...texts.keys()].filter((row) => !inside[row]);
    if (outside.length > 0) {
      const found = this.#run(outside.map((row) => texts[row]!.slice(-contextLength)));
      outside.forEach((row, i) => {
        predictions[row] = found[i]!;
      });
    }
    return predictions;
  }

  /**
   * Of a single row inside the context: what comes after its last tokens, `count` times, each with those
   * before it.
   */
  predictEach(text: readonly number[], count: number): Prediction[] {
    const fresh = text.slice(this.#cache[0]?.lengths[0] ?? 0);
    return this.#run([fresh], { cache: this.#cache, lastOnly: false }).slice(-count);
  }

  /** Puts a copy of row rows[b] in the place of row b; their number may change. */
  reorder(rows: readonly number[]): void {
    for (const layer of this.#cache) layer.reorder(rows);
  }

  /** Lets row b forget what it has read beyond lengths[b] tokens. */
  truncate(lengths: readonly number[]): void {
    for (const layer of this.#cache) {
      layer.truncate(layer.lengths.map((length, row) => Math.min(length, lengths[row]!)));
    }
  }

  dispose(): void {
    dispose([...this.#cache]);
  }

  /**
   * One pass over rows of different lengths, padded on the right: what follows each row, or each of its
   * positions.
   */
  #run(
    rows: readonly (readonly number[])[],
    {
      cache,
      lastOnly = true,
    }: { readonly cache?: readonly KeyValueCache[]; readonly lastOnly?: boolean } = {},
  ): Prediction[] {
    const { runtime } = this.#model;
    const lengths = rows.map(({ length }) => length);
    const time = Math.max(...lengths);
    const padded = new Int32Array(rows.length * time);
    rows.forEach((tokens, row) => {
      padded.set(tokens, row * time);
    });
    const context = {
      ...(cache ? { cache } : {}),
      ...(lengths.every((length) => length === time) ? {} : { lengths }),
      lastOnly,
    };
    return runtime.withRecording(false, () =>
      runtime.scope(() => {
        const input = tensor(padded, { shape: [rows.length, time], runtime });
        return predictionsOf(this.#model.forward(input, context));
      }),
    );
  }
}

/** logits: [B, T, V] → B·T predictions */
export function predictionsOf(logits: Tensor): Prediction[] {
  const values = logits.toTypedArray() as Floats;
  const chances = logSoftmax(logits).toTypedArray() as Floats;
  const width = logits.shape.at(-1)!;
  return Array.from({ length: values.length / width }, (_, i) => {
    const [start, end] = [i * width, (i + 1) * width];
    return { logits: values.subarray(start, end), logProbabilities: chances.subarray(start, end) };
  });
}
