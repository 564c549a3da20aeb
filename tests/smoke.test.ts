/** The whole library in one file, from a number to a GPT that learns. */
import {
  AdamW,
  add,
  attention,
  backward,
  CharacterTokenizer,
  checkpoint,
  createRuntime,
  crossEntropy,
  Gpt,
  gelu,
  generate,
  grad,
  hessian,
  jvp,
  keep,
  Linear,
  matmul,
  memoryStats,
  mul,
  namedTensors,
  noGrad,
  parameters,
  Random,
  randomNormal,
  readCheckpoint,
  scope,
  softmax,
  square,
  sum,
  TokenBatches,
  tensor,
  train,
  valueAndGrad,
  vjp,
  withRuntime,
  writeCheckpoint,
} from "lanegrad";
import { expectClose, gradcheck } from "lanegrad/testing";
import { expect, test } from "vitest";

const random = new Random(1337);

test("tensors, and what they print", () => {
  const x = tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  expect(x.shape).toEqual([2, 3]);
  expect(add(x, tensor([10, 20, 30])).toArray()).toEqual([
    [11, 22, 33],
    [14, 25, 36],
  ]);
  expect(x.matmul(x, { transposeB: true }).toArray()).toEqual([
    [14, 32],
    [32, 77],
  ]);
  expect(String(tensor([0.5, -1]))).toBe("tensor([ 0.5000, -1.0000])");
});

test("gradients, as in PyTorch", () => {
  const x = tensor([1, 2], { requiresGrad: true });
  const loss = sum(mul(square(x), x));
  backward(loss);
  expect(x.grad!.toArray()).toEqual([3, 12]);
  expect(noGrad(() => square(x)).requiresGrad).toBe(false);
  expect(x.detach().requiresGrad).toBe(false);
});

test("gradients, as functions", () => {
  const cube = (x: ReturnType<typeof tensor>) => sum(mul(square(x), x));
  const at = tensor([1, 2]);
  expect(grad(cube)(at).toArray()).toEqual([3, 12]);
  const [value, gradient] = valueAndGrad(cube)(at);
  expect([value.item(), gradient.toArray()]).toEqual([9, [3, 12]]);
  expect(hessian(cube)(at).toArray()).toEqual([
    [6, 0],
    [0, 12],
  ]);
  const [, pullback] = vjp(square, [at]);
  expect(pullback(tensor([1, 10]))[0]!.toArray()).toEqual([2, 40]);
  const [, tangent] = jvp(square, [at], [tensor([1, 1])]);
  expect(tangent.toArray()).toEqual([2, 4]);
  expect(grad(checkpoint(cube))(at).toArray()).toEqual([3, 12]);
});

test("memory that nobody frees by hand", () => {
  const before = memoryStats().liveTensors;
  const kept = scope(() => {
    const big = randomNormal([100, 100], { random });
    const inner = scope(() => keep(softmax(big)));
    return sum(inner);
  });
  expect(kept.item()).toBeCloseTo(100, 3);
  expect(memoryStats().liveTensors).toBe(before + 1);
  kept.dispose();
});

test("attention, fused, is its definition", () => {
  const [q, k, v] = ["q", "k", "v"].map((name) => randomNormal([1, 2, 4, 8], { random: random.fork(name) }));
  const weights = softmax(mul(matmul(q!, k!, { transposeB: true }), 1 / Math.sqrt(8)));
  expectClose(attention(q!, k!, v!), matmul(weights, v!), { relative: 1e-5, absolute: 1e-6 });
});

test("a gradient that finite differences confirm, twice", () => {
  gradcheck(() => ({ f: (x) => gelu(x), inputs: [tensor([0.3, -1.2, 2])] }), { order: 2 });
});

test("a layer and an optimizer", () => {
  const layer = new Linear(2, 3, { random });
  const optimizer = new AdamW(parameters(layer), { learningRate: 0.1 });
  const step = () =>
    optimizer.minimize(() =>
      crossEntropy(
        layer.forward(
          tensor([
            [1, 0],
            [0, 1],
          ]),
        ),
        tensor(Int32Array.of(0, 2)),
      ),
    );
  const { loss: first } = step();
  for (let i = 0; i < 30; i++) step();
  expect(step().loss).toBeLessThan(first / 4);
});

test("a GPT learns a sentence, is saved, comes back and goes on writing", async () => {
  const text = "to be, or not to be. ".repeat(30);
  const tokenizer = CharacterTokenizer.train(text);
  const config = { contextLength: 16, vocabSize: tokenizer.vocabSize, layers: 1, heads: 2, width: 32 };
  const runtime = createRuntime({ deterministic: true });
  const model = withRuntime(runtime, () => new Gpt(config, { random }));
  const batches = new TokenBatches(tokenizer.encode(text), { batch: 4, contextLength: 16, random, runtime });
  const optimizer = new AdamW(parameters(model), { learningRate: 1e-2 });
  let last = Number.POSITIVE_INFINITY;
  for await (const { loss } of train(model, batches, { optimizer, steps: 150, clipNorm: 1 })) last = loss;
  expect(last).toBeLessThan(0.3);

  const files = writeCheckpoint(model, optimizer, { tokenizer: tokenizer.toJSON() });
  const saved = readCheckpoint(files);
  const copy = new Gpt(config, { random, runtime });
  for (const { name, tensor: weight } of namedTensors(copy)) {
    runtime.floats(weight.ptr, weight.size).set(saved.model[name]!.data);
  }
  let written = "";
  const prompt = tokenizer.encode("to be, or ");
  for await (const { text: piece } of generate(copy, prompt, {
    tokens: 9,
    temperature: 0,
    random,
    tokenizer,
  })) {
    written += piece;
  }
  expect(written).toBe("not to be");
});
