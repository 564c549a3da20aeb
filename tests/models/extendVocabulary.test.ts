import { expect, test } from "vitest";
import { extendVocabulary } from "../../src/models/extendVocabulary.ts";
import { Gpt } from "../../src/models/gpt.ts";
import { addLora, removeLora } from "../../src/nn/lora.ts";
import { countParameters, freeze } from "../../src/nn/parameters.ts";
import { slice } from "../../src/ops/index.ts";
import { Random } from "../../src/random.ts";
import { tensor } from "../../src/tensor/create.ts";
import { expectClose } from "../../src/testing/index.ts";
import { exactly } from "../support/runtimes.ts";

const config = { contextLength: 4, vocabSize: 7, layers: 1, heads: 2, width: 4 };
const row = (...of: number[]) => tensor(Int32Array.from(of), { shape: [1, of.length] });

test(
  "knows more symbols, and of the others what it knew",
  exactly(() => {
    for (const tiedHead of [true, false]) {
      const model = new Gpt({ ...config, tiedHead }, { random: new Random(1) });
      freeze(model.blocks);
      const extended = extendVocabulary(model, 3, { random: new Random(2) });
      const logits = extended.forward(row(1, 2, 3));
      expect(logits.shape).toEqual([1, 3, 10]);
      expectClose(slice(logits, [null, null, [0, 7]]), model.forward(row(1, 2, 3)), { absolute: 1e-12 });
      expect(countParameters(extended) - countParameters(model)).toBe((tiedHead ? 1 : 2) * 3 * 4);
      expect(extended.forward(row(9)).toArray()).not.toEqual(extended.forward(row(8)).toArray());
      expect(() => model.forward(row(9))).toThrow("9");
    }
    const model = new Gpt(config, { random: new Random(1) });
    addLora(model, { match: /./, rank: 1, random: new Random(1) });
    expect(() => extendVocabulary(model, 1, { random: new Random(1) })).toThrow("a model without adapters");
    removeLora(model);
    model.blocks[0]!.mlp.expand.quantize();
    expect(() => extendVocabulary(model, 1, { random: new Random(1) })).toThrow("weights of 8 bits");
    expect(() => extendVocabulary(model, 0, { random: new Random(1) })).toThrow("extendVocabulary.symbols");
  }),
);
