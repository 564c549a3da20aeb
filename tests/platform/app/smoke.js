/**
 * What every runtime must do: forward, backward, a training run and generation, over the public entries alone. Its result is JSON; the hash
 * is over the bits of all numbers, so two runtimes that print the same one computed the same.
 */
import * as lanegrad from "lanegrad";
import { threads } from "lanegrad/threads";
import { BitHash } from "./bitHash.js";

const { AdamW, createRuntime, defaultRuntime, Gpt, matmul, parameters, Random, scope, tensor } = lanegrad;
const { generate, randomNormal, schedules, TokenBatches, tokenProbabilities, train } = lanegrad;

const TEXT =
  "In the beginning was the word, and the word was with the reader. A model that reads one letter after another " +
  "learns which letters follow: after q comes u, after a full stop comes a space, and after long enough comes sense. ";
const LETTERS = [...new Set(TEXT)].sort().join("");
const tokens = Int32Array.from(TEXT.repeat(4), (letter) => LETTERS.indexOf(letter));

const CONFIG = { contextLength: 32, vocabSize: LETTERS.length, layers: 2, heads: 4, width: 64, dropout: 0.1 };
const STEPS = 20;
const GENERATED = 100;
const SAMPLING = { temperature: 0.8, topK: 12, topP: 0.95 };

/** Runs all checks. A check that throws is a failure by its name and message. */
export async function smoke() {
  const failed = [];
  let passed = 0;
  const check = async (name, body) => {
    try {
      const wrong = await body();
      if (wrong) throw new Error(wrong);
      passed++;
    } catch (error) {
      failed.push(`${name}: ${error}`);
    }
  };
  const parts = {};
  await check("forward", forward);
  await check("backward", backward);
  await check("train and generate", async () => {
    const { hashes, losses, letters } = await trainAndGenerate();
    Object.assign(parts, hashes);
    if (!(losses.at(-1) < losses[0])) return `the loss went from ${losses[0]} to ${losses.at(-1)}`;
    if (letters.length !== GENERATED) return `${letters.length} tokens`;
  });
  const joined = { threads: 1 };
  await check("threads", () => onThreads(parts, joined));
  await check("memory", () => {
    const { liveTensors, liveBytes } = lanegrad.memoryStats();
    return liveTensors + liveBytes === 0 ? "" : `${liveTensors} tensors, ${liveBytes} bytes are left`;
  });
  const hash = new BitHash().text(JSON.stringify(parts)).digest();
  return { passed, failed, hash, parts, build: defaultRuntime().build, ...joined };
}

function forward() {
  const product = scope(() =>
    matmul(tensor([[1, 2]]), tensor([[3], [4]]))
      .add(0.5)
      .toArray(),
  );
  return product[0][0] === 11.5 ? "" : `[1 2]·[3 4] + 0.5 is ${product}`;
}

function backward() {
  return scope(() => {
    const x = tensor([1, 2, 3], { requiresGrad: true });
    x.square().sum().backward();
    return String(x.grad.toArray()) === "2,4,6" ? "" : `the gradient of Σx² is ${x.grad.toArray()}`;
  });
}

async function trainAndGenerate() {
  const runtime = createRuntime({ deterministic: true });
  try {
    const { model, steps, schedule } = await trained(runtime, STEPS);
    const letters = [];
    const options = { tokens: GENERATED, random: new Random(7), ...SAMPLING };
    for await (const { token } of generate(model, tokens.subarray(0, 8), options)) letters.push(token);
    const losses = steps.map(({ loss }) => loss);
    const rates = Array.from({ length: STEPS + 5 }, (_, step) => schedule.at(step));
    const weights = parameters(model).map((weight) => weight.toTypedArray());
    const hashes = {
      losses: new BitHash()
        .floats(losses)
        .floats(steps.map((step) => step.gradientNorm))
        .digest(),
      schedule: new BitHash().floats(rates).digest(),
      probabilities: new BitHash().floats(probabilitiesAfter(model, letters)).digest(),
      weights: weights.reduce((hash, values) => hash.view(values), new BitHash()).digest(),
      tokens: new BitHash().floats(letters).digest(),
    };
    return { hashes, losses, letters };
  } finally {
    runtime.dispose();
  }
}

async function trained(runtime, count) {
  const model = new Gpt(CONFIG, { random: new Random(1337), runtime });
  const options = { batch: 4, contextLength: CONFIG.contextLength, random: new Random(5), runtime };
  const optimizer = new AdamW(parameters(model), { learningRate: 3e-3, weightDecay: 0.1, beta2: 0.99 });
  const schedule = schedules.cosine({ peak: 3e-3, minimum: 3e-4, steps: STEPS, warmup: 4 });
  const run = { optimizer, steps: count, schedule, clipNorm: 1, random: new Random(11) };
  const steps = [];
  for await (const step of train(model, new TokenBatches(tokens, options), run)) steps.push(step);
  return { model, steps, schedule };
}

/** What the model says may follow each of the last letters. */
function probabilitiesAfter(model, letters) {
  const { runtime } = model;
  return runtime.scope(() => {
    const shape = [1, CONFIG.contextLength];
    const input = tensor(Int32Array.from(letters.slice(-CONFIG.contextLength)), { shape, runtime });
    const logits = runtime.withRecording(false, () => model.forward(input).toTypedArray());
    const { vocabSize } = CONFIG;
    return Array.from({ length: CONFIG.contextLength }, (_, row) =>
      Array.from(tokenProbabilities(logits.slice(row * vocabSize, (row + 1) * vocabSize), SAMPLING)),
    ).flat();
  });
}

/** The same run on two threads, where there are threads, has the same bits. */
async function onThreads(parts, joined) {
  const runtime = createRuntime({ deterministic: true, threads: threads(2) });
  try {
    await runtime.ready;
    joined.threads = runtime.threads;
    const { model } = await trained(runtime, STEPS);
    const weights = parameters(model).reduce(
      (hash, weight) => hash.view(weight.toTypedArray()),
      new BitHash(),
    );
    const hash = weights.digest();
    return hash === parts.weights
      ? ""
      : `weights ${hash} on ${runtime.threads} threads, ${parts.weights} on one`;
  } finally {
    runtime.dispose();
  }
}

/** 256³ products, for a clock outside: each is 2·256³ operations. */
export function multiply(times) {
  scope(() => {
    const random = new Random(3);
    const a = randomNormal([256, 256], { random: random.fork("a") });
    const b = randomNormal([256, 256], { random: random.fork("b") });
    for (let i = 0; i < times; i++) scope(() => matmul(a, b));
  });
}

/** The first token of a small model: what a cold start waits for. */
export async function firstToken() {
  const model = new Gpt(CONFIG, { random: new Random(1) });
  try {
    for await (const { token } of generate(model, [1], { tokens: 1, random: new Random(2) })) return token;
  } finally {
    lanegrad.dispose(model);
  }
}

const LARGE = { contextLength: 256, vocabSize: 3072, heads: 8 };

/** What a small isolate must hold: models of 8 million parameters in f32, and of 27 million with weights of 8 bits. */
const largeModels = {
  f32: { ...LARGE, layers: 9, width: 256 },
  int8: { ...LARGE, layers: 8, width: 512 },
};

/** Generates with a large model, and says what it takes. */
export async function largeModel(weights) {
  const config = largeModels[weights];
  const { layers, width, vocabSize, contextLength } = config;
  const model = new Gpt(config, { random: new Random(1), weights });
  const options = { tokens: 3, random: new Random(2) };
  const letters = [];
  for await (const { token } of generate(model, [1, 2, 3], options)) letters.push(token);
  const { reservedBytes } = lanegrad.memoryStats();
  lanegrad.dispose(model);
  const parameters = 12 * layers * width * width + (vocabSize + contextLength) * width;
  return { parameters, reservedBytes, letters: letters.length };
}
