import { expect, it } from "vitest";
import { Bert } from "../../src/models/bert.ts";
import { Gpt } from "../../src/models/gpt.ts";
import { dispose, namedTensors } from "../../src/nn/parameters.ts";
import { Random } from "../../src/random.ts";

const config = { contextLength: 4, vocabSize: 5, layers: 1, heads: 1, width: 4, tiedHead: false } as const;

it.each([
  ["a GPT", () => new Gpt(config, { random: new Random(1), initial: "zeros" })],
  ["a BERT", () => new Bert(config, { random: new Random(1), initial: "zeros" })],
])("%s whose weights are loaded next draws none", (_, make) => {
  const model = make();
  for (const { name, tensor } of namedTensors(model)) {
    const wanted = name.endsWith("gain") ? 1 : 0;
    expect(new Set(tensor.toTypedArray()), name).toEqual(new Set([wanted]));
    expect(tensor.requiresGrad).toBe(true);
  }
  dispose(model);
});
