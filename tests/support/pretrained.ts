import { Bert } from "../../src/models/bert.ts";
import type { BertConfig } from "../../src/models/bertConfig.ts";
import { Gpt } from "../../src/models/gpt.ts";
import type { GptConfig } from "../../src/models/gptConfig.ts";
import { namedTensors } from "../../src/nn/parameters.ts";
import { Random } from "../../src/random.ts";
import { elementsOf, randomNormal } from "../../src/tensor/create.ts";

/** A model none of whose numbers is 0 or 1, so that no two of its tensors can be mistaken for each other. */
export function randomGpt(config: GptConfig, seed = 1): Gpt {
  return randomised(new Gpt(config, { random: new Random(seed) }), seed);
}

export function randomBert(config: BertConfig, seed = 1): Bert {
  return randomised(new Bert(config, { random: new Random(seed) }), seed);
}

function randomised<Model extends object>(model: Model, seed: number): Model {
  for (const [i, { tensor }] of namedTensors(model).entries()) {
    const noise = randomNormal(tensor.shape, { random: new Random(seed).fork(i), deviation: 0.5 });
    elementsOf(tensor).set(elementsOf(noise));
    noise.dispose();
  }
  return model;
}

/** All that a model holds, by name, for comparing two to the bit. */
export const contentOf = (model: object) =>
  new Map(namedTensors(model).map(({ name, tensor }) => [name, tensor.toTypedArray()]));
