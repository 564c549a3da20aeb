import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { ArgumentError, FormatError } from "../../src/errors.ts";
import { type Files, filesSource, memoryFolder } from "../../src/io/folder.ts";
import type { NamedArray } from "../../src/io/namedArrays.ts";
import { readSafetensors, writeSafetensors } from "../../src/io/safetensors.ts";
import type { BertConfig } from "../../src/models/bertConfig.ts";
import { dispose } from "../../src/nn/parameters.ts";
import { loadPretrained } from "../../src/pretrained/loadPretrained.ts";
import { savePretrained } from "../../src/pretrained/savePretrained.ts";
import { Random } from "../../src/random.ts";
import { scope } from "../../src/runtime/default.ts";
import { tensor } from "../../src/tensor/create.ts";
import { BertReference } from "../support/bertReference.ts";
import { contentOf, randomBert, randomGpt } from "../support/pretrained.ts";
import { effort } from "../support/seed.ts";

const models: object[] = [];
afterEach(() => {
  dispose(models.splice(0));
});
function using<Model extends object>(model: Model): Model {
  models.push(model);
  return model;
}

const small = { contextLength: 6, vocabSize: 11, layers: 2, heads: 2, width: 8, hidden: 10 } as const;
const bert = { kind: "bert" } as const;

function renamed(files: Files, rename: (name: string) => string | null): Files {
  const { tensors } = readSafetensors(files["model.safetensors"] as Uint8Array);
  const kept = Object.entries(tensors).flatMap(([name, array]): [string, NamedArray][] => {
    const other = rename(name);
    return other === null ? [] : [[other, array]];
  });
  return { ...files, "model.safetensors": writeSafetensors(Object.fromEntries(kept)) };
}

describe("a folder of BERT's", () => {
  it("computes what the paper says of weights with Hugging Face's names", async () => {
    const model = using(randomBert(small));
    const { files } = await savePretrained(model);
    const { tensors } = readSafetensors(files["model.safetensors"]!);
    const weights = Object.fromEntries(
      Object.entries(tensors).map(([name, { data }]) => [name, data as Float32Array]),
    );
    const reference = new BertReference(weights, { ...small, epsilon: 1e-12 });
    const [tokens, segments] = [
      [3, 0, 7, 1, 10],
      [0, 0, 1, 1, 1],
    ];
    const wanted = reference.hidden(tokens!, segments!);
    const { model: loaded } = await loadPretrained(filesSource(files), bert);
    using(loaded);
    const got = scope(() => {
      const ids = [tokens, segments].map((row) => tensor([row!], { dtype: "i32" }));
      const { hidden, pooled } = loaded.forward(ids[0]!, { segments: ids[1]! });
      const [logits, pairs] = [loaded.tokenLogits(hidden), loaded.pairLogits(pooled)];
      return [hidden, logits, pooled, pairs].map((t) => [...t.toTypedArray()]) as [
        number[],
        number[],
        number[],
        number[],
      ];
    });
    const pooled = reference.linear("bert.pooler.dense", wanted[0]!).map(Math.tanh);
    const expected = [
      wanted.flat(),
      wanted.flatMap((row) => reference.tokenLogits(row, 11)),
      pooled,
      reference.linear("cls.seq_relationship", pooled),
    ];
    expected.forEach((numbers, i) => {
      const errors = numbers.map((value, at) => Math.abs(value - got[i]![at]!));
      // f32 through two layers of 8 or 10 products each, of numbers near 1.
      expect(Math.max(...errors)).toBeLessThan(2e-5);
    });
  });

  it("comes back bit for bit", async () => {
    const anyConfig: fc.Arbitrary<BertConfig> = fc.record({
      contextLength: fc.integer({ min: 1, max: 6 }),
      vocabSize: fc.integer({ min: 2, max: 9 }),
      layers: fc.integer({ min: 1, max: 3 }),
      heads: fc.constantFrom(1, 2),
      width: fc.constantFrom(4, 8),
      hidden: fc.integer({ min: 1, max: 9 }),
      segments: fc.integer({ min: 1, max: 3 }),
      activation: fc.constantFrom("gelu" as const, "geluTanh" as const, "relu" as const),
      dropout: fc.constantFrom(0, 0.1),
    });
    await fc.assert(
      fc.asyncProperty(anyConfig, fc.integer({ min: 100, max: 3000 }), async (config, shardBytes) => {
        const model = randomBert(config);
        const { files } = await savePretrained(model, memoryFolder(), { shardBytes });
        const { model: again, fresh } = await loadPretrained(filesSource(files), bert);
        expect(again.config).toEqual(model.config);
        expect(contentOf(again)).toEqual(contentOf(model));
        expect(fresh).toEqual([]);
        dispose([model, again]);
      }),
      { numRuns: 10 * effort },
    );
  });

  it("may have the names of 2018, and what is there twice", async () => {
    const model = using(randomBert(small));
    const { files } = await savePretrained(model);
    const old = renamed(files, (name) =>
      name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"),
    );
    const { tensors } = readSafetensors(old["model.safetensors"] as Uint8Array);
    const more = {
      ...tensors,
      "cls.predictions.decoder.weight": tensors["bert.embeddings.word_embeddings.weight"]!,
      "bert.embeddings.position_ids": { dtype: "i64", shape: [1, 6], data: new BigInt64Array(6) } as const,
    };
    const source = filesSource({ ...old, "model.safetensors": writeSafetensors(more) });
    const { model: loaded } = await loadPretrained(source, bert);
    expect(contentOf(using(loaded))).toEqual(contentOf(model));
  });

  it("may lack heads, which are then new and named", async () => {
    const model = using(randomBert(small));
    const { files } = await savePretrained(model);
    const body = renamed(files, (name) => (name.startsWith("cls.") ? null : name.replace(/^bert\./, "")));
    const random = new Random(7);
    const { model: loaded, fresh } = await loadPretrained(filesSource(body), { ...bert, random });
    using(loaded);
    expect(fresh).toEqual([
      "tokenHead.transform.weight",
      "tokenHead.transform.bias",
      "tokenHead.norm.gain",
      "tokenHead.norm.bias",
      "tokenHead.bias",
      "pairHead.weight",
      "pairHead.bias",
    ]);
    const half = renamed(files, (name) => (name === "cls.predictions.bias" ? null : name));
    await expect(loadPretrained(filesSource(half), bert)).rejects.toThrow("missing cls.predictions.bias");
  });

  it("is asked for by its kind", async () => {
    const model = using(randomBert(small));
    const gpt = using(randomGpt({ ...small, hidden: 32 }));
    const { files } = await savePretrained(model);
    await expect(loadPretrained(filesSource(files))).rejects.toThrow('it is no gpt: pass kind: "bert"');
    const other = loadPretrained(filesSource((await savePretrained(gpt)).files), bert);
    await expect(other).rejects.toThrow(FormatError);
  });

  it.each([{ normOrder: "pre" }, { activation: "swiglu" }, { keyHeads: 1 }, { bias: false }] as const)(
    "cannot be written of %j",
    async (change) => {
      await expect(savePretrained(using(randomBert({ ...small, ...change })))).rejects.toThrow(ArgumentError);
    },
  );
});
