import {
  AdamW,
  Bert,
  CharacterTokenizer,
  Gpt,
  parameters,
  Random,
  Seq2Seq,
  scope,
  type Tensor,
  TokenBatches,
  tensor,
  train,
  translate,
} from "lanegrad";
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

/** [2, 5], i32. */
const tokens = (...rows: number[][]) => tensor(Int32Array.from(rows.flat()), { shape: [2, 5] });
const small = { contextLength: 8, layers: 2, heads: 2, width: 8, dropout: 0.1 };

test.each<[string, () => { model: object; loss: (random: Random) => Tensor }]>([
  [
    "a modern GPT",
    () => {
      const form = { keyHeads: 1, norm: "rms", positions: "rotary", activation: "swiglu" } as const;
      const model = new Gpt({ ...small, ...form, vocabSize: 9 }, { random });
      const text = tokens([1, 2, 3, 4, 5], [6, 7, 8, 0, 1]);
      return { model, loss: (key) => model.loss(text, text, { random: key, lengths: [5, 3] }) };
    },
  ],
  [
    "a BERT",
    () => {
      const model = new Bert({ ...small, vocabSize: 9 }, { random });
      const [text, masked] = [
        tokens([1, 2, 3, 4, 5], [6, 7, 8, 0, 1]),
        tokens([-100, 3, -100, -100, 1], [4, 5, 6, 7, 8]),
      ];
      const pairs = tensor(Int32Array.of(0, 1));
      return { model, loss: (key) => model.loss(text, { tokens: masked, pairs }, { random: key }) };
    },
  ],
  [
    "an encoder-decoder",
    () => {
      const model = new Seq2Seq({ ...small, sourceVocabSize: 9, targetVocabSize: 9 }, { random });
      const text = tokens([1, 2, 3, 4, 5], [6, 7, 8, 0, 1]);
      const loss = (key: Random) => model.loss(text, text, text, { random: key, sourceLengths: [5, 3] });
      return { model, loss };
    },
  ],
])("training %s holds after a while what it held after ten steps", (_, make) => {
  const { model, loss } = make();
  const optimizer = new AdamW(parameters(model));
  const { runtime } = parameters(model)[0]!;
  const held = () => runtime.memoryStats().liveBytes;
  let afterTen = held();
  for (let step = 0; step < STEPS / 10; step++) {
    if (step === 10) afterTen = held();
    optimizer.minimize(() => loss(random.fork(step)));
  }
  expect(held()).toBe(afterTen);
});

test("decoding with an encoder-decoder, by hand and by beams, leaves nothing behind", async () => {
  const config = { ...small, sourceVocabSize: 9, targetVocabSize: 9, startToken: 1, endToken: 2 };
  const model = new Seq2Seq(config, { random });
  const held = () => model.runtime.memoryStats().liveTensors;
  const before = held();
  scope(() => {
    const state = model.start(tokens([1, 2, 3, 4, 5], [6, 7, 8, 0, 1]), [5, 3]);
    for (let i = 0; i < 5; i++) model.step(tensor(Int32Array.of(1, 2), { shape: [2, 1] }), state).toArray();
    state.dispose();
  });
  await translate(model, [1, 2, 3], { tokens: 6, beams: 3 });
  expect(held()).toBe(before);
});
