import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ArgumentError, FormatError, OutOfMemoryError } from "../../src/errors.ts";
import { bytesSource } from "../../src/io/byteSource.ts";
import { type Files, filesSource } from "../../src/io/folder.ts";
import type { NamedArray } from "../../src/io/namedArrays.ts";
import { readSafetensors, writeSafetensors } from "../../src/io/safetensors.ts";
import { dispose } from "../../src/nn/parameters.ts";
import { loadPretrained } from "../../src/pretrained/loadPretrained.ts";
import { savePretrained } from "../../src/pretrained/savePretrained.ts";
import { createRuntime } from "../../src/runtime/default.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { randomGpt } from "../support/pretrained.ts";

let runtime: Runtime;
let gpt2: Files;
let llama: Files;
beforeAll(async () => {
  runtime = createRuntime();
  const small = { contextLength: 6, vocabSize: 11, layers: 2, heads: 2, width: 8 } as const;
  const models = [
    randomGpt(small),
    randomGpt({ ...small, bias: false, norm: "rms", positions: "rotary", activation: "swiglu" }),
  ] as const;
  gpt2 = (await savePretrained(models[0])).files;
  llama = (await savePretrained(models[1])).files;
  dispose(models);
});
afterAll(() => {
  runtime.dispose();
});

const json = (files: Files) => JSON.parse(new TextDecoder().decode(files["config.json"] as Uint8Array));
function withConfig(files: Files, change: Record<string, unknown>): Files {
  const config = new TextEncoder().encode(JSON.stringify({ ...json(files), ...change }));
  return { ...files, "config.json": config };
}
function withTensors(change: (tensors: Record<string, NamedArray>) => void): Files {
  const { tensors } = readSafetensors(gpt2["model.safetensors"] as Uint8Array);
  change(tensors);
  return { ...gpt2, "model.safetensors": writeSafetensors(tensors) };
}

/** The error of loading, after which nothing is left in memory. */
async function refusal(files: Files): Promise<Error> {
  try {
    await loadPretrained(filesSource(files, "folder"), { runtime });
  } catch (error) {
    expect(runtime.memoryStats().liveTensors).toBe(0);
    return error as Error;
  }
  throw new Error("nothing was refused");
}

describe("loadPretrained", () => {
  it("reports all that is wrong with the weights at once, before it makes a model", async () => {
    const files = withTensors((tensors) => {
      const wpe = tensors["transformer.wpe.weight"]!;
      tensors["transformer.wpe.weight"] = { ...wpe, shape: [3, 16] };
      tensors["transformer.more.weight"] = { dtype: "f32", shape: [1], data: new Float32Array(1) };
      tensors["transformer.ln_f.bias"] = { dtype: "i32", shape: [8], data: new Int32Array(8) };
      delete tensors["transformer.h.1.ln_2.weight"];
    });
    const error = await refusal(files);
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toBe(
      "folder: tensors: missing h.1.ln_2.weight; extra more.weight; " +
        "wpe.weight: wanted [6, 8], got [3, 16]; ln_f.bias: wanted floating-point numbers, got i32",
    );
  });

  it("frees the model where reading fails in the middle", async () => {
    const bytes = gpt2["model.safetensors"] as Uint8Array;
    const source = { ...bytesSource(bytes, "broken"), size: bytes.length };
    let reads = 0;
    const read = async (offset: number, length: number) => {
      if (++reads > 12) throw new Error("the disk is gone");
      return bytes.subarray(offset, offset + length);
    };
    const load = loadPretrained({ ...source, read }, { runtime, config: { heads: 2 } });
    await expect(load).rejects.toThrow("the disk is gone");
    expect(reads).toBe(13);
    expect(runtime.memoryStats().liveTensors).toBe(0);
  });

  it("refuses a model that does not fit before it allocates any of it", async () => {
    const tiny = createRuntime({ maxMemory: 2 ** 20 });
    const model = randomGpt({ contextLength: 64, vocabSize: 2000, layers: 1, heads: 1, width: 256 });
    const { files } = await savePretrained(model);
    dispose(model);
    await expect(loadPretrained(filesSource(files), { runtime: tiny })).rejects.toThrow(OutOfMemoryError);
    expect(tiny.memoryStats().liveTensors).toBe(0);
    tiny.dispose();
  });

  it.each<[string, () => Files, string]>([
    ["an empty folder", () => ({}), "folder: folder: there is no model.safetensors"],
    [
      "weights of another kind",
      () => withTensors((all) => delete all["transformer.wpe.weight"]),
      "of none of the models that are known",
    ],
    [
      "a configuration that is no JSON",
      () => ({ ...gpt2, "config.json": new Uint8Array(3) }),
      "config.json: byte 0",
    ],
    [
      "NaN in it",
      () => ({ ...gpt2, "config.json": new TextEncoder().encode('{"n_head":NaN}') }),
      "config.json: byte 10",
    ],
    [
      "a huge configuration",
      () => ({ ...gpt2, "config.json": new Uint8Array(10_000_001) }),
      "more than 10000000",
    ],
    [
      "a text for a number",
      () => withConfig(gpt2, { n_head: "2" }),
      'config.json: n_head: a whole number from 0 on, not "2"',
    ],
    ["no heads", () => withConfig(gpt2, { n_head: 0 }), "folder: configuration: GptConfig.heads"],
    [
      "heads that do not fit",
      () => withConfig(gpt2, { n_head: 3 }),
      "folder: configuration: GptConfig.width",
    ],
    [
      "endless layers",
      () => withConfig(gpt2, { n_layer: 1e12 }),
      "1000000000000 layers, but only 28 tensors",
    ],
    [
      "more layers than there are",
      () => withConfig(gpt2, { n_layer: 3 }),
      "tensors: missing h.2.ln_1.weight",
    ],
    [
      "a vocabulary of 2^53 - 1",
      () => withConfig(gpt2, { vocab_size: 2 ** 53 - 1 }),
      "wte.weight: wanted [9007199254740991, 8]",
    ],
    [
      "an unknown activation",
      () => withConfig(gpt2, { activation_function: "mish" }),
      "one of gelu_new, gelu_fast",
    ],
    [
      "scaled attention",
      () => withConfig(gpt2, { scale_attn_by_inverse_layer_idx: true }),
      "false, not true",
    ],
    ["biases where there are none", () => withConfig(gpt2, { bias: false }), "that there are no biases"],
    [
      "no epsilon",
      () => withConfig(llama, { rms_norm_eps: null }),
      "rms_norm_eps: a finite number, not null",
    ],
    [
      "biases of attention",
      () => withConfig(llama, { attention_bias: true }),
      "attention_bias: false, not true",
    ],
    [
      "stretched angles",
      () => withConfig(llama, { rope_scaling: { rope_type: "llama3" } }),
      "rope_scaling.rope_type",
    ],
    ["heads of their own width", () => withConfig(llama, { head_dim: 8 }), "head_dim: 8 / 2, not 8"],
    ["another gate", () => withConfig(llama, { hidden_act: "gelu" }), "hidden_act: one of silu"],
    [
      "a broken tokenizer",
      () => ({ ...gpt2, "tokenizer.json": new TextEncoder().encode("{}") }),
      "tokenizer.json: ",
    ],
  ])("refuses %s", async (_, files, message) => {
    const error = await refusal(files());
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toContain(message);
  });

  it("refuses a tokenizer with more tokens than the model has", async () => {
    const vocabulary = Object.fromEntries(
      Array.from({ length: 12 }, (_, i) => [String.fromCharCode(97 + i), i]),
    );
    const text = Object.keys(vocabulary).join("\n");
    const files = {
      ...gpt2,
      "vocab.txt": new TextEncoder().encode(`[UNK]\n[CLS]\n[SEP]\n[PAD]\n[MASK]\n${text}`),
    };
    expect((await refusal(files)).message).toBe("folder: tokenizer: it has 17 tokens, the model 11");
  });

  it("reads Llama's base and heads where newer files have them", async () => {
    const change = { rope_theta: undefined, rope_parameters: { rope_theta: 500000, rope_type: "default" } };
    const { model } = await loadPretrained(filesSource(withConfig(llama, change)), {
      runtime,
      config: { contextLength: 3 },
    });
    expect(model.config).toMatchObject({ rotaryBase: 500000, contextLength: 3 });
    dispose(model);
  });

  it("reads or refuses any configuration, and never fails in another way", async () => {
    const keys = fc.constantFrom(
      ...new Set([...Object.keys(json(gpt2)), ...Object.keys(json(llama)), "__proto__"]),
    );
    const values = fc.oneof(
      fc.constantFrom(null, true, "gelu", -1, 0, 1, 3, 1.5, 2 ** 31, 2 ** 53, 1e300, [], {}, [1]),
      fc.nat(40),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.array(fc.tuple(keys, values), { minLength: 1, maxLength: 3 }),
        async (first, changes) => {
          const files = withConfig(first ? gpt2 : llama, Object.fromEntries(changes));
          try {
            dispose((await loadPretrained(filesSource(files), { runtime })).model);
          } catch (error) {
            expect(error).toBeInstanceOf(FormatError);
          }
          expect(runtime.memoryStats().liveTensors).toBe(0);
        },
      ),
    );
  });
});

describe("savePretrained", () => {
  it("passes on what the folder says", async () => {
    const model = randomGpt({ contextLength: 2, vocabSize: 3, layers: 1, heads: 1, width: 2 });
    const full = { write: async () => Promise.reject(new ArgumentError("folder", "room", "a full disk")) };
    await expect(savePretrained(model, full)).rejects.toThrow("a full disk");
    dispose(model);
  });
});
