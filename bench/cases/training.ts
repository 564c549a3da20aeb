import {
  AdamW,
  flopsPerToken,
  Gpt,
  type GptConfig,
  parameters,
  presets,
  Random,
  type Tensor,
  tensor,
  withRuntime,
} from "lanegrad";
import { createRuntime, referenceBackend } from "lanegrad/testing";
import type { Case } from "../case.ts";

/** A model and what it trains on. */
export interface Training {
  readonly config: GptConfig;
  readonly batch: number;
  /** Positions per sequence. Default the model's context length. */
  readonly context?: number;
  /** Whether each block runs again in backward. Default false. */
  readonly checkpoint?: boolean;
}

export const nano: Training = { config: presets.nano, batch: 12 };
/** So small that a step is nearly all overhead. */
export const micro: Training = {
  config: { contextLength: 16, vocabSize: 65, layers: 1, heads: 2, width: 16, bias: false },
  batch: 1,
};

/** Symbols drawn evenly, [batch, T], the same in every run. */
function symbols(key: string, { config, batch, context = config.contextLength }: Training): Tensor {
  const random = new Random(1).fork(key);
  const data = Int32Array.from({ length: batch * context }, (_, i) => random.integer(i, 0, config.vocabSize));
  return tensor(data, { shape: [batch, context] });
}

/** Forward alone, and one step: forward, backward, clipping, AdamW; as `npm start` does it, the progress bar left out. */
export function trainingOf(training: Training) {
  const { config, checkpoint = false } = training;
  const random = new Random(1);
  const model = new Gpt(config, { random });
  const inputs = symbols("inputs", training);
  const targets = symbols("targets", training);
  const optimizer = new AdamW(parameters(model), { learningRate: 1e-4, beta2: 0.99, weightDecay: 0.1 });
  const keyOf = (step: number) => (config.dropout ? random.fork(step) : undefined);
  const forward = () => model.loss(inputs, targets, { random: keyOf(optimizer.step), checkpoint });
  return { forward, step: () => optimizer.minimize(forward, { clipNorm: 1 }) };
}

export function trainingStep(training: Training): () => { loss: number; gradientNorm: number } {
  return trainingOf(training).step;
}

/** How far loss and norm of the gradient are from those in f64, on two sequences. */
function trainingError({ config }: Training): number {
  const small = { config, batch: 2 };
  const runtime = createRuntime({ backend: referenceBackend() });
  const exact = withRuntime(runtime, () => trainingStep(small)());
  runtime.dispose();
  const found = trainingStep(small)();
  const distance = (value: number, wanted: number) => Math.abs(value - wanted) / wanted;
  return Math.max(distance(found.loss, exact.loss), distance(found.gradientNorm, exact.gradientNorm));
}

export function modelFlops({ config, batch }: Training): number {
  return flopsPerToken(config) * config.contextLength * batch;
}

export const trainingCase: Case = {
  part: "train",
  name: "training step, nano",
  size: "12×64, 4 layers of 128",
  work: { unit: "GFLOP/s", amount: modelFlops(nano) },
  yardstick: { loop: "multiplyAdd", amount: modelFlops(nano) },
  prepare() {
    const step = trainingStep(nano);
    return { run: () => void step(), error: () => trainingError(nano) };
  },
};
