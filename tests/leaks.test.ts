import { AdamW, CharacterTokenizer, Gpt, parameters, Random, TokenBatches, train } from "lanegrad";
import { expect, test } from "vitest";
import { effort } from "./support/seed.ts";

const STEPS = 1000 * Math.min(effort, 3);
const random = new Random(1);
const text = "now is the time for all good men to come to the aid of the party. ".repeat(8);
const tokenizer = CharacterTokenizer.train(text);
const shape = {
  contextLength: 8,
  vocabSize: tokenizer.vocabSize,
  layers: 1,
  heads: 2,
  width: 8,
  dropout: 0.1,
};

function setUp() {
  const model = new Gpt(shape, { random });
  const batches = new TokenBatches(tokenizer.encode(text), { batch: 2, contextLength: 8, random });
  const optimizer = new AdamW(parameters(model), { learningRate: 1e-3 });
  const held = () => {
    const { liveTensors, liveBytes, unscopedTensors } = model.runtime.memoryStats();
    return { liveTensors, liveBytes, unscopedTensors };
  };
  return { model, batches, optimizer, held };
}

test(`the README's loop by hand holds after ${STEPS} steps what it held after ten`, () => {
  const { model, batches, optimizer, held } = setUp();
  let afterTen = held();
  for (let step = 0; step < STEPS; step++) {
    if (step === 10) afterTen = held();
    optimizer.minimize(() => {
      const { inputs, targets } = batches.at(step);
      return model.loss(inputs, targets, { random: random.fork(step) });
    });
  }
  expect(held()).toEqual(afterTen);
});

test(`train holds after ${STEPS} steps what it held after ten`, async () => {
  const { model, batches, optimizer, held } = setUp();
  let afterTen = held();
  for await (const { step } of train(model, batches, { optimizer, steps: STEPS, clipNorm: 1, random })) {
    if (step === 10) afterTen = held();
  }
  expect(held()).toEqual(afterTen);
});
