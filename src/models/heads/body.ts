import { ArgumentError, ShapeError } from "../../errors.ts";
import { lastPositions } from "../../nn/positions.ts";
import { dropout } from "../../ops/dropout.ts";
import { matmul } from "../../ops/matmul.ts";
import { reshape } from "../../ops/reshape.ts";
import { slice } from "../../ops/slice.ts";
import type { Random } from "../../random.ts";
import { tensor } from "../../tensor/create.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Bert } from "../bert.ts";
import type { Encoder } from "../encoder.ts";
import type { Gpt } from "../gpt.ts";
import type { Seq2Seq } from "../seq2seq.ts";

/**
 * What a task head stands on: a model that makes a vector of each symbol. Of a `Seq2Seq` it is the encoder.
 */
export type Body = Bert | Encoder | Gpt | Seq2Seq;

/**
 * The vector that stands for a whole text: `Bert`'s "pooled" one; that of the "first" or the "last" symbol,
 * the latter being the one that has seen all others in a causal model; or the "mean" of all.
 */
export type Summary = "pooled" | "first" | "last" | "mean";

/** Texts, and what is to be told of them. */
export interface LabelledBatch {
  /** [B, T], i32; or [B, N, T] where an example has N texts. */
  readonly tokens: Tensor;
  /** A class for each example, [B], or for each symbol, [B, T]; i32. -100 asks for nothing. */
  readonly labels: Tensor;
  /** Segments for `Bert`, of the shape of tokens. Default all 0. */
  readonly segments?: Tensor | undefined;
  /** Symbols of each text that are no padding: B, or B·N of them. Default all. */
  readonly lengths?: readonly number[] | undefined;
}

/** How a head is run. */
export interface HeadContext {
  /** Key of the dropout masks; without it nothing is dropped. */
  readonly random?: Random | undefined;
  /** Keep only each block's input, and run the block again in backward. Default false. */
  readonly checkpoint?: boolean;
}

/** What is read: all of a batch but the labels. */
export type HeadInputs = Omit<LabelledBatch, "labels">;

export interface HeadOptions {
  /** Key of the initial weights. */
  readonly random: Random;
  /** Share dropped of the vector that is classified, when there is a key. Default: the body's. */
  readonly dropout?: number;
  /** Default: "pooled" of a `Bert`, "last" of a `Gpt`, "mean" of others. */
  readonly summary?: Summary;
  /**
   * Weight λ of an auxiliary objective, with a `Gpt` as the body: the loss of the task plus λ times that of
   * predicting the texts (Radford et al. 2018, section 3.2 and equation 5, where it is 0.5). Default 0.
   */
  readonly languageWeight?: number;
}

/** A head's settings, with the body's configuration and defaults filled in. */
export interface HeadConfig {
  readonly body: Body["config"];
  readonly classes: number;
  readonly dropout: number;
  readonly summary: Summary;
  readonly languageWeight: number;
}

/** @throws ArgumentError naming the setting that does not fit the body */
export function completeHeadConfig(
  where: string,
  body: Body,
  classes: number,
  options: HeadOptions,
): HeadConfig {
  const summary = options.summary ?? ("pooler" in body ? "pooled" : "hidden" in body ? "last" : "mean");
  const { dropout: rate = body.config.dropout, languageWeight = 0 } = options;
  const fail = (field: string, wanted: string, got: unknown): never => {
    throw new ArgumentError(`${where}.${field}`, wanted, got);
  };
  if (!Number.isInteger(classes) || classes < 1) fail("classes", "a whole number from 1 on", classes);
  if (!(rate >= 0 && rate < 1)) fail("dropout", "a share from 0 to below 1", rate);
  if (!["pooled", "first", "last", "mean"].includes(summary))
    fail("summary", '"pooled", "first", "last" or "mean"', summary);
  if (summary === "pooled" && !("pooler" in body))
    fail("summary", 'another than "pooled", which only Bert has', summary);
  if (!(languageWeight >= 0 && languageWeight < Infinity))
    fail("languageWeight", "a number from 0 on", languageWeight);
  if (languageWeight > 0 && !("logits" in body))
    fail("languageWeight", "0, or a Gpt as the body", languageWeight);
  return { body: body.config, classes, dropout: rate, summary, languageWeight };
}

/** The body's view of texts. */
export interface Reading {
  /** [R, T, C] */
  readonly hidden: Tensor;
  /** One vector for each text, dropout applied: [R, C]. */
  readonly summary: Tensor;
}

/** tokens, segments: [R, T], i32 → hidden states [R, T, C] and, of a Bert, the pooled ones [R, C]. */
export function readBody(
  body: Body,
  { tokens, segments, lengths }: HeadInputs,
  { random, ...context }: HeadContext,
): { readonly hidden: Tensor; readonly pooled: Tensor | null } {
  const shared = { ...context, random: random?.fork("body"), lengths };
  if ("pooler" in body) return body.forward(tokens, { ...shared, segments });
  if (segments) throw new ArgumentError("segments", "a Bert as the body where there are segments", segments);
  if ("hidden" in body) return { hidden: body.hidden(tokens, shared), pooled: null };
  const hidden = "encode" in body ? body.encode(tokens, shared) : body.forward(tokens, shared);
  return { hidden, pooled: null };
}

/** One vector for each text.  tokens: [R, T] → [R, C] */
export function readTexts(body: Body, config: HeadConfig, inputs: HeadInputs, context: HeadContext): Reading {
  const { hidden, pooled } = readBody(body, inputs, context);
  const summary = summarise(hidden, pooled, config.summary, inputs.lengths);
  return { hidden, summary: dropSome(summary, config.dropout, context.random) };
}

/** Dropout before the classifier, where there is a key. */
export function dropSome(x: Tensor, rate: number, random: Random | undefined): Tensor {
  return random && rate > 0 ? dropout(x, { rate, random: random.fork("summary") }) : x;
}

function summarise(
  hidden: Tensor,
  pooled: Tensor | null,
  kind: Summary,
  lengths: readonly number[] | undefined,
): Tensor {
  if (kind === "pooled") return pooled!;
  if (kind === "first") return slice(hidden, [null, 0]);
  const [rows, time, width] = hidden.shape as [number, number, number];
  if (kind === "last") return reshape(lastPositions(hidden, lengths), [rows, width]);
  const shares = new Float64Array(rows * time);
  for (let row = 0; row < rows; row++) {
    const length = lengths?.[row] ?? time;
    shares.fill(1 / length, row * time, row * time + length);
  }
  const weights = tensor(shares, { shape: [rows, 1, time], runtime: hidden.runtime });
  return reshape(matmul(weights, hidden), [rows, width]);
}

/** [B, N, T] as [B·N, T]; [B, T] is taken for [B, 1, T]. */
export function flattenTexts(
  where: string,
  inputs: HeadInputs,
): { readonly texts: HeadInputs; readonly count: number } {
  const { tokens, segments, lengths } = inputs;
  if (tokens.rank === 2) return { texts: inputs, count: 1 };
  if (tokens.rank !== 3) throw new ShapeError(where, "tokens of [B, T] or [B, N, T]", tokens.shape);
  const [examples, count, time] = tokens.shape as [number, number, number];
  const flat = [examples * count, time];
  return {
    texts: { tokens: reshape(tokens, flat), lengths, segments: segments && reshape(segments, flat) },
    count,
  };
}
