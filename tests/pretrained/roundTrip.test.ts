import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ArgumentError } from "../../src/errors.ts";
import { filesSource, memoryFolder } from "../../src/io/folder.ts";
import { readSafetensors } from "../../src/io/safetensors.ts";
import type { GptConfig } from "../../src/models/gptConfig.ts";
import { dispose } from "../../src/nn/parameters.ts";
import { loadPretrained } from "../../src/pretrained/loadPretrained.ts";
import { savePretrained } from "../../src/pretrained/savePretrained.ts";
import { BytePairTokenizer } from "../../src/text/bytePair.ts";
import { contentOf, randomGpt } from "../support/pretrained.ts";
import { effort } from "../support/seed.ts";

const small = { contextLength: 6, vocabSize: 11, layers: 2, heads: 2, width: 8 } as const;
const modern = { bias: false, norm: "rms", positions: "rotary", activation: "swiglu" } as const;

const sizes = fc.record({
  contextLength: fc.integer({ min: 1, max: 8 }),
  vocabSize: fc.integer({ min: 2, max: 12 }),
  layers: fc.integer({ min: 1, max: 3 }),
  tiedHead: fc.boolean(),
  normEpsilon: fc.constantFrom(1e-5, 1e-6),
  hidden: fc.integer({ min: 1, max: 9 }),
});
const anyGpt2: fc.Arbitrary<GptConfig> = fc
  .tuple(
    sizes,
    fc.record({
      heads: fc.constantFrom(1, 2, 4),
      width: fc.constantFrom(4, 8),
      bias: fc.boolean(),
      activation: fc.constantFrom("gelu" as const, "geluTanh" as const, "relu" as const),
      dropout: fc.constantFrom(0, 0.25),
    }),
  )
  .map(([a, b]) => ({ ...a, ...b }));
const anyLlama: fc.Arbitrary<GptConfig> = fc
  .tuple(
    sizes,
    fc.constantFrom({ heads: 2, keyHeads: 1 }, { heads: 4, keyHeads: 2 }, { heads: 1, keyHeads: 1 }),
    fc.constantFrom({}, { window: 3 }, { startToken: 1 }),
    fc.constantFrom(10000, 500000),
  )
  .map(([a, b, c, rotaryBase]) => ({ ...a, ...b, ...c, ...modern, rotaryBase, width: 8 }));

describe("savePretrained and loadPretrained", () => {
  it.each([
    ["GPT-2", anyGpt2],
    ["Llama", anyLlama],
  ])("bring %s back bit for bit, in one file or several", async (_, anyConfig) => {
    await fc.assert(
      fc.asyncProperty(anyConfig, fc.integer({ min: 100, max: 5000 }), async (config, shardBytes) => {
        const model = randomGpt(config);
        const { files } = await savePretrained(model, memoryFolder(), { shardBytes });
        const { model: again, tokenizer } = await loadPretrained(filesSource(files));
        expect(again.config).toEqual(model.config);
        expect(contentOf(again)).toEqual(contentOf(model));
        expect(tokenizer).toBeNull();
        dispose([model, again]);
      }),
      { numRuns: 15 * effort },
    );
  });

  it.each(["f16", "bf16", "f64"] as const)("keep what %s holds of each weight", async (dtype) => {
    const model = randomGpt(small);
    const { files } = await savePretrained(model, memoryFolder(), { dtype });
    const { model: again } = await loadPretrained(filesSource(files));
    const relative = { f16: 2 ** -11, bf16: 2 ** -8, f64: 0 }[dtype];
    const copies = contentOf(again);
    for (const [name, values] of contentOf(model)) {
      copies.get(name)!.forEach((copy, i) => {
        expect(Math.abs(copy - values[i]!)).toBeLessThanOrEqual(relative * Math.abs(values[i]!));
      });
    }
    const stored = readSafetensors(files["model.safetensors"]!).tensors["transformer.wte.weight"]!;
    expect(stored.dtype).toBe(dtype);
    const saved = await savePretrained(again, memoryFolder(), { dtype });
    expect(saved.files["model.safetensors"]).toEqual(files["model.safetensors"]);
    dispose([model, again]);
  });

  it("write what Hugging Face's programs expect", async () => {
    const gpt2 = randomGpt({ ...small, activation: "geluTanh", bias: false, tiedHead: false });
    const { files } = await savePretrained(gpt2);
    const { tensors, metadata } = readSafetensors(files["model.safetensors"]!);
    expect({ ...metadata }).toEqual({ format: "pt" });
    expect(tensors["transformer.h.1.attn.c_attn.weight"]!.shape).toEqual([8, 24]);
    expect(tensors["transformer.h.1.attn.c_attn.bias"]!.data).toEqual(new Float32Array(24));
    expect(tensors["lm_head.weight"]!.shape).toEqual([11, 8]);
    expect(JSON.parse(new TextDecoder().decode(files["config.json"]))).toMatchObject({
      architectures: ["GPT2LMHeadModel"],
      model_type: "gpt2",
      activation_function: "gelu_new",
      n_layer: 2,
      n_head: 2,
      n_embd: 8,
      n_inner: 32,
      n_positions: 6,
      vocab_size: 11,
      layer_norm_epsilon: 1e-5,
      tie_word_embeddings: false,
      torch_dtype: "float32",
    });
    const llama = randomGpt({ ...small, ...modern, window: 4 });
    const { "config.json": json } = (await savePretrained(llama)).files;
    expect(JSON.parse(new TextDecoder().decode(json))).toMatchObject({
      architectures: ["MistralForCausalLM"],
      sliding_window: 4,
      rope_theta: 10000,
    });
    dispose([gpt2, llama]);
  });

  it("carry a tokenizer along", async () => {
    const model = randomGpt({ ...small, vocabSize: 300 });
    const tokenizer = BytePairTokenizer.train("the cat and the hat and the bat", { vocabSize: 264 });
    const { files } = await savePretrained(model, memoryFolder(), { tokenizer });
    expect(Object.keys(files).sort()).toEqual([
      "config.json",
      "merges.txt",
      "model.safetensors",
      "tokenizer.json",
      "vocab.json",
    ]);
    const text = "the rat, the hat — naïve";
    const ids = tokenizer.encode(text);
    for (const left of [[], ["tokenizer.json"]]) {
      const kept = Object.fromEntries(Object.entries(files).filter(([name]) => !left.includes(name)));
      const { tokenizer: again, model: copy } = await loadPretrained(filesSource(kept));
      expect(again!.encode(text)).toEqual(ids);
      dispose(copy);
    }
    dispose(model);
  });

  it.each<[string, Partial<GptConfig>]>([
    ["norms after the sublayers", { normOrder: "post" }],
    ["sinusoidal positions", { positions: "sinusoidal" }],
    ["a band of positions", { window: 3 }],
    ["layer norms with rotary positions", { positions: "rotary" }],
    ["shared key heads", { keyHeads: 1 }],
    ["a gate", { activation: "swiglu" }],
  ])("have no name for %s", async (_, change) => {
    const model = randomGpt({ ...small, ...change });
    await expect(savePretrained(model)).rejects.toThrow(ArgumentError);
    dispose(model);
  });
});
