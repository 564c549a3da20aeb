import { afterEach, describe, expect, it } from "vitest";
import { bytesSource } from "../../src/io/byteSource.ts";
import { filesSource } from "../../src/io/folder.ts";
import type { Llama2cConfig } from "../../src/io/llama2c.ts";
import { openLlama2c } from "../../src/io/llama2c.ts";
import type { NamedArray } from "../../src/io/namedArrays.ts";
import { writeNpz } from "../../src/io/npz.ts";
import { readSafetensors, writeSafetensors } from "../../src/io/safetensors.ts";
import type { Gpt } from "../../src/models/gpt.ts";
import { dispose } from "../../src/nn/parameters.ts";
import { loadPretrained } from "../../src/pretrained/loadPretrained.ts";
import { savePretrained } from "../../src/pretrained/savePretrained.ts";
import { Random } from "../../src/random.ts";
import { scope, withRuntime } from "../../src/runtime/default.ts";
import { randomNormal, tensor } from "../../src/tensor/create.ts";
import { goldenBytes } from "../support/files.ts";
import { ggufFile } from "../support/ggufFile.ts";
import { type GoldenTensor, goldenJson } from "../support/golden.ts";
import { llama2cFile } from "../support/llama2cFile.ts";
import { type LlamaWeights, llamaLogits } from "../support/llamaReference.ts";
import { contentOf, randomGpt } from "../support/pretrained.ts";
import { exactRuntime } from "../support/runtimes.ts";

const models: Gpt[] = [];
afterEach(() => {
  dispose(models.splice(0));
});
function using(model: Gpt): Gpt {
  models.push(model);
  return model;
}
const logitsOf = (model: Gpt, tokens: readonly number[]) =>
  scope(() => model.forward(tensor([tokens], { dtype: "i32" })).toArray() as number[][][])[0]!;

const tokens = [3, 0, 4, 1];
const config: Llama2cConfig = {
  width: 16,
  hidden: 12,
  layers: 2,
  heads: 4,
  keyHeads: 2,
  vocabSize: 5,
  contextLength: 6,
  tiedHead: false,
};
const header = (tied: boolean) => [16, 12, 2, 4, 2, tied ? 5 : -5, 6];
const floatsOf = (tied: boolean) =>
  80 + 2 * (16 + 256 + 2 * 128 + 256 + 16 + 3 * 192) + 16 + 24 + (tied ? 0 : 80);

async function llama2cModel(tied: boolean) {
  const numbers = scope(() =>
    randomNormal([floatsOf(tied)], { random: new Random(5), deviation: 0.4 }).toTypedArray(),
  );
  const bytes = llama2cFile(header(tied), numbers as Float32Array);
  const weights: Record<string, Float32Array> = {};
  for (const [name, array] of (await openLlama2c(bytesSource(bytes))).arrays) {
    weights[name] = (await array.read()).data as Float32Array;
  }
  return { bytes, weights };
}

/** The largest difference between the model's logits and those of the program that the weights were made for. */
function error(model: Gpt, wanted: readonly (readonly number[])[]): number {
  const got = logitsOf(model, tokens);
  return Math.max(...wanted.flatMap((row, t) => row.map((value, i) => Math.abs(value - got[t]![i]!))));
}

describe("a model of llama2.c", () => {
  it.each([true, false])("computes what run.c does (tied head: %s)", async (tiedHead) => {
    const { bytes, weights } = await llama2cModel(tiedHead);
    const { model, tokenizer } = await loadPretrained(bytesSource(bytes, "stories.bin"));
    using(model);
    const wanted = llamaLogits({ ...config, tiedHead }, weights, tokens);
    // Sums of 16 products of numbers near 1 in f32, through two layers.
    expect(error(model, wanted)).toBeLessThan(2e-5);
    expect(model.config).toMatchObject({ keyHeads: 2, startToken: 1, positions: "rotary", tiedHead });
    expect(tokenizer).toBeNull();
  });

  it("is the same model as a GGUF file, and as a folder of Hugging Face's", async () => {
    const { bytes, weights } = await llama2cModel(false);
    const { model } = await loadPretrained(bytesSource(bytes));
    using(model);
    const { model: fromGguf } = await loadPretrained(bytesSource(ggufOf(weights)));
    expect(contentOf(using(fromGguf))).toEqual(contentOf(model));
    const { files } = await savePretrained(model);
    const { model: fromFolder } = await loadPretrained(filesSource(files));
    expect(contentOf(using(fromFolder))).toEqual(contentOf(model));
    // Hugging Face's order of rows: number i and i + D/2 of a head are turned together.
    const query = readSafetensors(files["model.safetensors"]!).tensors[
      "model.layers.0.self_attn.q_proj.weight"
    ]!;
    const row = (data: ArrayLike<number>, i: number) =>
      Array.from({ length: 16 }, (_, j) => data[16 * i + j]);
    const theirs = [0, 2, 1, 3].map((i) => row(weights["layers.0.attention.wq.weight"]!, 4 + i));
    expect([4, 5, 6, 7].map((i) => row(query.data as Float32Array, i))).toEqual(theirs);
  });
});

const ggufNames: readonly (readonly [RegExp, string])[] = [
  [/^tok_embeddings/, "token_embd"],
  [/^layers/, "blk"],
  [/attention_norm/, "attn_norm"],
  [/attention\.w([qkv])/, "attn_$1"],
  [/attention\.wo/, "attn_output"],
  [/feed_forward\.w1/, "ffn_gate"],
  [/feed_forward\.w2/, "ffn_down"],
  [/feed_forward\.w3/, "ffn_up"],
  [/^norm/, "output_norm"],
];

function ggufOf(weights: LlamaWeights, metadata: Record<string, string | number> = {}) {
  const { width, hidden, vocabSize } = config;
  const shapeOf = (name: string, length: number) => {
    const inputs = /w2\./.test(name) ? hidden : width;
    return /norm/.test(name) ? [length] : [length / inputs, inputs];
  };
  const tensors = Object.entries(weights).map(([name, data]) => {
    const theirs = ggufNames.reduce((text, [from, to]) => text.replace(from, to), name);
    return [theirs, { shape: shapeOf(name, data.length), data: data as Float32Array }] as const;
  });
  return ggufFile({
    metadata: {
      "general.architecture": "llama",
      "llama.embedding_length": width,
      "llama.feed_forward_length": hidden,
      "llama.block_count": config.layers,
      "llama.attention.head_count": config.heads,
      "llama.attention.head_count_kv": config.keyHeads,
      "llama.attention.layer_norm_rms_epsilon": 1.5e-5,
      "llama.context_length": config.contextLength,
      "llama.vocab_size": vocabSize,
      ...metadata,
    },
    tensors: Object.fromEntries(tensors),
  });
}

describe("a GGUF file", () => {
  it.each<[string, Record<string, string | number>, string]>([
    [
      "another architecture",
      { "general.architecture": "qwen2" },
      'general.architecture: wanted "llama", got "qwen2"',
    ],
    ["stretched positions", { "llama.rope.scaling.type": "yarn" }, "llama.rope.scaling.type"],
    ["NaN", { "llama.rope.freq_base": Number.NaN }, "llama.rope.freq_base: wanted a finite number"],
    [
      "a text for a number",
      { "llama.block_count": "2" },
      'llama.block_count: wanted a finite number, got "2"',
    ],
    ["half a layer", { "llama.block_count": 1.5 }, "layers: wanted a whole number"],
    ["endless layers", { "llama.block_count": 2 ** 31 }, "2147483648 layers, but only 21 tensors"],
    ["heads that do not fit", { "llama.attention.head_count": 3 }, "configuration: GptConfig.width"],
    ["half of the numbers turned", { "llama.rope.dimension_count": 2 }, "wanted 16 / 4"],
  ])("is refused with %s", async (_, metadata, message) => {
    const { weights } = await llama2cModel(false);
    const load = loadPretrained(bytesSource(ggufOf(weights, metadata), "a.gguf"));
    await expect(load).rejects.toThrow(message);
    await expect(load).rejects.toThrow(/^a\.gguf: /);
  });
});

describe("a state dictionary of nanoGPT", () => {
  const bytes = goldenBytes("gpt-train-final.safetensors");
  const golden = goldenJson<{ batches: { x: GoldenTensor; y: GoldenTensor }[]; f64: { loss_after: number } }>(
    "gpt-train.json",
  );

  it("computes the loss that PyTorch has", async () => {
    const runtime = exactRuntime();
    const options = { runtime, config: { heads: 2, activation: "geluTanh" } } as const;
    const { model } = await loadPretrained(bytesSource(bytes), options);
    const [{ x, y }] = golden.batches as [{ x: GoldenTensor; y: GoldenTensor }];
    const loss = withRuntime(runtime, () => {
      const [inputs, targets] = [x, y].map(({ data, shape }) => tensor(Int32Array.from(data), { shape }));
      return model.loss(inputs!, targets!).item();
    });
    expect(loss).toBeCloseTo(golden.f64.loss_after, 6);
    dispose(model);
  });

  const { tensors } = readSafetensors(bytes);
  const renamed = (rename: (name: string) => string, others: Record<string, NamedArray> = {}) => ({
    ...Object.fromEntries(Object.entries(tensors).map(([name, array]) => [rename(name), array])),
    ...others,
  });
  const wte = Object.entries(tensors).find(([name]) => name.endsWith("wte.weight"))![1];
  const otherHead = { ...wte, data: (wte.data as Float32Array).map((x) => x + 1) } as NamedArray;

  it.each<[string, Uint8Array, { activation: string; tiedHead: boolean }]>([
    ["as it is", bytes, { activation: "gelu", tiedHead: true }],
    [
      "compiled, with its head and masks",
      writeSafetensors(
        renamed((name) => `_orig_mod.transformer.${name.replace("transformer.", "")}`, {
          "_orig_mod.lm_head.weight": wte,
          "_orig_mod.transformer.h.0.attn.bias": {
            dtype: "f32",
            shape: [1, 1, 8, 8],
            data: new Float32Array(64),
          },
        }),
      ),
      { activation: "gelu", tiedHead: true },
    ],
    [
      "of minGPT, with a head of its own",
      writeSafetensors(renamed((name) => name, { "lm_head.weight": otherHead })),
      { activation: "geluTanh", tiedHead: false },
    ],
    ["in npz", writeNpz(renamed((name) => name)), { activation: "gelu", tiedHead: true }],
    [
      "with its arguments as metadata",
      writeSafetensors(tensors, { n_head: "2", dropout: "0.5", activation_function: "gelu_new" }),
      { activation: "geluTanh", tiedHead: true },
    ],
  ])("loads %s", async (_, file, wanted) => {
    const { model } = await loadPretrained(bytesSource(file), { config: { heads: 2 } });
    expect(using(model).config).toMatchObject({ ...wanted, layers: 2, width: 16, vocabSize: 11, bias: true });
    expect(contentOf(model).get("tokenEmbedding.weight")).toEqual(wte.data);
  });

  it("needs to be told the heads", async () => {
    await expect(loadPretrained(bytesSource(bytes, "ckpt.safetensors"))).rejects.toThrow(
      "ckpt.safetensors: configuration: the file does not say heads: pass config: { heads: … }",
    );
  });
});

describe("a folder", () => {
  it("of nanoGPT's weights and arguments needs nothing else", async () => {
    const original = using(
      randomGpt({ contextLength: 4, vocabSize: 7, layers: 1, heads: 2, width: 4, bias: false }),
    );
    const ours = contentOf(original);
    const linear = (name: string, shape: number[]) =>
      ({ dtype: "f32", shape, data: ours.get(name) }) as NamedArray;
    const model = writeSafetensors({
      "transformer.wte.weight": linear("tokenEmbedding.weight", [7, 4]),
      "transformer.wpe.weight": linear("positionEmbedding.weight", [4, 4]),
      "transformer.h.0.ln_1.weight": linear("blocks.0.attentionNorm.gain", [4]),
      "transformer.h.0.attn.c_attn.weight": linear("blocks.0.attention.queryKeyValue.weight", [12, 4]),
      "transformer.h.0.attn.c_proj.weight": linear("blocks.0.attention.output.weight", [4, 4]),
      "transformer.h.0.ln_2.weight": linear("blocks.0.mlpNorm.gain", [4]),
      "transformer.h.0.mlp.c_fc.weight": linear("blocks.0.mlp.expand.weight", [16, 4]),
      "transformer.h.0.mlp.c_proj.weight": linear("blocks.0.mlp.project.weight", [4, 16]),
      "transformer.ln_f.weight": linear("norm.gain", [4]),
    });
    const json = { n_layer: 1, n_head: 2, n_embd: 4, block_size: 4, vocab_size: 7, bias: false, dropout: 0 };
    const files = {
      "model.safetensors": model,
      "config.json": new TextEncoder().encode(JSON.stringify(json)),
    };
    const { model: loaded } = await loadPretrained(filesSource(files));
    expect(contentOf(using(loaded))).toEqual(ours);
    expect(loaded.config).toEqual(original.config);
  });
});
