import { ArgumentError } from "../../errors.ts";
import type { LabelledBatch } from "../../models/heads/body.ts";
import { reshape } from "../../ops/reshape.ts";
import type { Random } from "../../random.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { tensor } from "../../tensor/create.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Batches } from "../batches.ts";
import { Epochs } from "../objectives/epochs.ts";
import { padRows } from "../objectives/rows.ts";

/** A text, or several that belong together, and what is to be told of it. */
export interface Example {
  /** As the model reads it, with the special tokens that it wants. */
  readonly tokens: Int32Array | readonly Int32Array[];
  /** For a `Bert`, as many as tokens. Default all 0. */
  readonly segments?: Int32Array | readonly Int32Array[];
  /** A class, or one for each token. -100 asks for nothing. */
  readonly label: number | Int32Array;
}

export interface LabelledBatchOptions {
  /** Fills rows up behind their ends. */
  readonly paddingToken: number;
  readonly runtime?: Runtime;
}

export interface ExampleBatchesOptions extends LabelledBatchOptions {
  /** Examples in one batch. */
  readonly batch: number;
  /** Key of the orders. */
  readonly random: Random;
  /** Whether a batch's examples have similar lengths, so that little is padded. Default false. */
  readonly bucketed?: boolean;
}

/** Labelled examples in epochs: in each, every example comes once, in another order. */
export class ExampleBatches implements Batches<LabelledBatch> {
  readonly tokensPerBatch: number;
  readonly stepsPerEpoch: number;
  readonly #examples: readonly Example[];
  readonly #options: ExampleBatchesOptions;
  readonly #epochs: Epochs;

  constructor(examples: readonly Example[], options: ExampleBatchesOptions) {
    const { batch, random, bucketed = false } = options;
    const lengths = examples.map(({ tokens }) => lengthOf(rowsOf(tokens)));
    this.#epochs = new Epochs("ExampleBatches", examples.length, {
      batch,
      random,
      ...(bucketed ? { lengthOf: (i: number) => lengths[i]! } : {}),
    });
    this.#examples = examples;
    this.#options = options;
    this.stepsPerEpoch = this.#epochs.stepsPerEpoch;
    this.tokensPerBatch = lengths.reduce((sum, length) => sum + length, 0) / this.stepsPerEpoch;
  }

  at(step: number): LabelledBatch {
    const chosen = Array.from(this.#epochs.at(step), (i) => this.#examples[i]!);
    return labelledBatch(chosen, this.#options);
  }
}

/**
 * Examples as one batch, padded: tokens [B, T], or [B, N, T] where each example has N texts.
 *
 * @throws ArgumentError for examples that do not have equally many texts, or segments or labels of tokens that
 * are not as many as the tokens
 */
export function labelledBatch(
  examples: readonly Example[],
  { paddingToken, runtime }: LabelledBatchOptions,
): LabelledBatch {
  const texts = examples.map(({ tokens }) => rowsOf(tokens));
  const single = examples.every(({ tokens }) => tokens instanceof Int32Array);
  const count = texts[0]?.length ?? 0;
  if (texts.some(({ length }) => length !== count)) {
    throw new ArgumentError(
      "labelledBatch",
      `${count} texts in each example`,
      texts.map(({ length }) => length),
    );
  }
  examples.forEach(checkLengths);
  const shaped = (rows: Tensor) => (single ? rows : reshape(rows, [examples.length, count, rows.shape[1]!]));
  const { tokens, lengths } = padRows(texts.flat(), paddingToken, { runtime });
  const kinds = segmentsOf(examples);
  return {
    tokens: shaped(tokens),
    lengths,
    labels: labelsOf(examples, runtime),
    ...(kinds ? { segments: shaped(padRows(kinds, 0, { runtime }).tokens) } : {}),
  };
}

/** Refuses segments, or labels of tokens, that do not stand beside a token each. */
function checkLengths({ tokens, segments, label }: Example): void {
  const wanted = rowsOf(tokens).map(({ length }) => length);
  const check = (field: string, rows: readonly Int32Array[]) => {
    const got = rows.map(({ length }) => length);
    if (`${got}` !== `${wanted}`)
      throw new ArgumentError(`labelledBatch.${field}`, `as many as tokens, ${wanted}`, got);
  };
  if (segments) check("segments", rowsOf(segments));
  if (typeof label !== "number") check("label", [label]);
}

/** Null where no example has any. */
function segmentsOf(examples: readonly Example[]): Int32Array[] | null {
  if (examples.every(({ segments }) => segments === undefined)) return null;
  return examples.flatMap(({ tokens, segments }) =>
    segments ? rowsOf(segments) : rowsOf(tokens).map(({ length }) => new Int32Array(length)),
  );
}

function labelsOf(examples: readonly Example[], runtime: Runtime | undefined): Tensor {
  const labels = examples.map(({ label }) => label);
  if (labels.every((label) => typeof label === "number")) {
    return tensor(Int32Array.from(labels), runtime ? { runtime } : {});
  }
  const rows = labels.map((label) => (typeof label === "number" ? Int32Array.of(label) : label));
  return padRows(rows, NO_LABEL, { runtime }).tokens;
}

/** Asks for nothing: `crossEntropy` leaves it out. */
const NO_LABEL = -100;

const rowsOf = (tokens: Int32Array | readonly Int32Array[]): readonly Int32Array[] =>
  tokens instanceof Int32Array ? [tokens] : tokens;

const lengthOf = (rows: readonly Int32Array[]) => rows.reduce((sum, { length }) => sum + length, 0);
