/** The worker: trains a GPT on a text, and tells the page how it goes. */
import {
  AdamW,
  type Batches,
  CharacterTokenizer,
  countParameters,
  decayMatricesOnly,
  defaultRuntime,
  dispose,
  estimateLoss,
  Gpt,
  generate,
  parameters,
  Random,
  schedules,
  TokenBatches,
  train,
  writeCheckpoint,
} from "lanegrad/functions";
import { expose } from "lanegrad/worker";
import { attentionReport } from "./attention.ts";
import { type Report, sizes, type TrainingOptions } from "./settings.ts";

const BATCH = 12;
/** Share of the text that trains; the rest is for the validation loss. */
const SPLIT = 0.9;
const WEIGHT_DECAY = 0.1;
const BETA2 = 0.99;
const CLIP_NORM = 1;
const PEAK_RATE = 3e-3;

/** Steps from one sample, or picture of the attention, to the next. */
const SAMPLE_EVERY = 200;
const ATTENTION_EVERY = 20;
const SAMPLE_CHARACTERS = 240;
const VALIDATION_BATCHES = 8;

export const job = expose(async function* (
  options: TrainingOptions,
  signal,
  { offerCheckpoint },
): AsyncGenerator<Report> {
  const { text, size, steps, seed } = options;
  const random = new Random(seed);
  const tokenizer = CharacterTokenizer.train(text);
  const { training, validation, excerpt } = split(tokenizer.encode(text), sizes[size].contextLength, random);

  const config = { ...sizes[size], vocabSize: tokenizer.vocabSize, bias: false };
  const model = new Gpt(config, { random: random.fork("model") });
  const groups = decayMatricesOnly(parameters(model), WEIGHT_DECAY);
  const optimizer = new AdamW(groups, { learningRate: PEAK_RATE, beta2: BETA2 });
  const warmup = Math.min(100, Math.floor(steps / 10));
  const schedule = schedules.cosine({ peak: PEAK_RATE, minimum: PEAK_RATE / 10, steps, warmup });
  const notes = { ...(await notesOf(options)), schedule, tokenizer };
  offerCheckpoint(() => writeCheckpoint(model, optimizer, { step: optimizer.step, ...notes }));

  try {
    yield { kind: "begun", parameters: countParameters(model), symbols: tokenizer.vocabSize };
    const run = train(model, training, { optimizer, steps, schedule, clipNorm: CLIP_NORM, signal });
    for await (const { step, loss, tokensPerSecond } of run) {
      yield { kind: "step", step, loss, tokensPerSecond };
      const last = step === steps;
      if (step === 1 || step % ATTENTION_EVERY === 0 || last) {
        yield attentionReport(model, step, tokenizer, excerpt);
      }
      if (step % SAMPLE_EVERY !== 0 && !last) continue;
      yield { kind: "validation", step, loss: await estimateLoss(model, validation, VALIDATION_BATCHES) };
      yield { kind: "sample", step, text: await sample(model, tokenizer, random.fork(step), signal) };
    }
    yield { kind: "done" };
  } finally {
    dispose(model);
    dispose(optimizer);
  }
});

/** The parts of a text: to learn from, to be examined on, and a few characters whose attention is drawn. */
function split(tokens: Int32Array, contextLength: number, random: Random) {
  const border = Math.floor(tokens.length * SPLIT);
  const batches = (part: Int32Array, name: string): Batches =>
    new TokenBatches(part, { batch: BATCH, contextLength, random: random.fork(name) });
  return {
    training: batches(tokens.subarray(0, border), "training"),
    validation: batches(tokens.subarray(border), "validation"),
    excerpt: tokens.subarray(0, 24),
  };
}

async function sample(model: Gpt, tokenizer: CharacterTokenizer, random: Random, signal: AbortSignal) {
  const { characters } = tokenizer.toJSON();
  const prompt = tokenizer.encode(characters.includes("\n") ? "\n" : characters.slice(0, 1));
  const options = { tokens: SAMPLE_CHARACTERS, temperature: 0.8, random, tokenizer, signal };
  let text = "";
  for await (const { text: more } of generate(model, prompt, options)) text += more;
  return text.trim();
}

/** What the command line asks of a checkpoint beside its weights, so that it can go on with the training too. */
async function notesOf({ text, seed }: TrainingOptions) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  const hash = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return {
    ...{ seed, batch: BATCH, split: SPLIT, beta2: BETA2, weightDecay: WEIGHT_DECAY, clipNorm: CLIP_NORM },
    evalEvery: SAMPLE_EVERY,
    corpus: { name: "a text in a page", hash },
    best: null,
    kernelBuild: defaultRuntime().build,
  };
}
