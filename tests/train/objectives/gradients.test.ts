import { test } from "vitest";
import { Bert, Gpt, Seq2Seq } from "../../../src/models/index.ts";
import { parameters } from "../../../src/nn/parameters.ts";
import { Random } from "../../../src/random.ts";
import type { Tensor } from "../../../src/tensor/tensor.ts";
import { gradcheck } from "../../../src/testing/index.ts";
import type { Batches } from "../../../src/train/batches.ts";
import {
  BertBatches,
  bertLoss,
  DocumentBatches,
  PairBatches,
  SpanBatches,
  seq2seqLoss,
} from "../../../src/train/objectives/index.ts";
import { type LossFunction, lossOf } from "../../../src/train/train.ts";

const random = new Random(5);
const size = { contextLength: 8, layers: 1, heads: 1, width: 2, hidden: 2, dropout: 0.1 } as const;
const symbols = (...of: number[]) => Int32Array.from(of);
const documents = [symbols(4, 5, 6), symbols(7, 8), symbols(9, 4, 5, 6, 7)];
const around = { startToken: 1, endToken: 2, paddingToken: 0 } as const;

/** The loss of the first batch, with dropout. */
const first = <Kind>(loss: LossFunction<Kind>, batches: Batches<Kind>, model: object) => ({
  model,
  loss: () => loss(batches.at(0), { random }),
});

function bert(pairs: boolean) {
  const model = new Bert({ ...size, vocabSize: 10 }, { random });
  const named = { vocabSize: 10, classToken: 0, separatorToken: 1, maskToken: 2, paddingToken: 3 };
  const sentences = documents.map((document) => [document.subarray(0, 2), document.subarray(2)]);
  const options = { symbols: named, batch: 2, contextLength: 8, random, pairs };
  return first(bertLoss(model), new BertBatches(sentences, options), model);
}

// relu has a kink that finite differences would see.
const encoderDecoder = () =>
  new Seq2Seq(
    { ...size, ...around, activation: "gelu", sourceVocabSize: 14, targetVocabSize: 14 },
    { random },
  );

const objectives: Readonly<Record<string, () => { readonly model: object; readonly loss: () => Tensor }>> = {
  "the next symbol of documents": () => {
    const model = new Gpt({ ...size, vocabSize: 10 }, { random });
    const options = { batch: 2, contextLength: 4, endToken: 3, random };
    return first(lossOf(model), new DocumentBatches(documents, options), model);
  },
  "masked symbols and pairs of sentences": () => bert(true),
  "masked symbols": () => bert(false),
  "pairs of sequences, with smoothed labels": () => {
    const model = encoderDecoder();
    const pairs = documents.map((source, i) => ({ source, target: documents[2 - i]! }));
    return first(seq2seqLoss(model), new PairBatches(pairs, { ...around, batch: 2, random }), model);
  },
  "spans left out": () => {
    const model = encoderDecoder();
    const options = { ...around, sentinels: [12, 13], batch: 2, contextLength: 5, random };
    return first(seq2seqLoss(model), new SpanBatches(documents[2]!, options), model);
  },
};

test.each(Object.entries(objectives))(
  "%s: the loss has gradients that are right to second order",
  (_, make) =>
    gradcheck(
      () => {
        const { model, loss } = make();
        return { f: loss, inputs: parameters(model) };
      },
      { order: 2, elements: 0, directions: 1 },
    ),
);
