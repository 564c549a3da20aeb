import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import { memoryFolder } from "../../src/io/folder.ts";
import { dispose } from "../../src/nn/parameters.ts";
import { savePretrained } from "../../src/pretrained/savePretrained.ts";
import { BytePairTokenizer } from "../../src/text/bytePair.ts";
import { aText, jsonOf, lanegrad, small, testFolder } from "../support/commandLine.ts";
import { llama2cFile } from "../support/llama2cFile.ts";
import { randomGpt } from "../support/pretrained.ts";

const at = testFolder();
const greedy = ["--tokens", "12", "--temperature", "0", "--json"];
const textOf = async (path: string, ...options: string[]) =>
  jsonOf(await lanegrad("generate", "--model", path, ...greedy, ...options)).text as string;

/** A folder as Hugging Face's programs write it, with a tokenizer of byte pairs. */
async function writeFolder(path: string): Promise<void> {
  const tokenizer = BytePairTokenizer.train(aText(), { vocabSize: 300 });
  const model = randomGpt({
    contextLength: 16,
    vocabSize: 300,
    layers: 1,
    heads: 2,
    width: 8,
    startToken: 7,
  });
  const { files } = await savePretrained(model, memoryFolder(), { tokenizer });
  dispose(model);
  mkdirSync(path);
  for (const [name, bytes] of Object.entries(files)) writeFileSync(`${path}/${name}`, bytes);
}

const byteTokens = Array.from(
  { length: 256 },
  (_, i) => `<0x${i.toString(16).toUpperCase().padStart(2, "0")}>`,
);

/** The same as Llama's folders have it. */
function writeSentencePiece(path: string): void {
  const vocab = Object.fromEntries(["<unk>", "<s>", "</s>", ...byteTokens].map((token, id) => [token, id]));
  writeFileSync(path, JSON.stringify({ model: { type: "BPE", byte_fallback: true, vocab, merges: [] } }));
}

/** A vocabulary of bytes alone, as llama2.c's tokenizer.py writes it. */
function writeTokenizerBin(path: string): void {
  const parts: Buffer[] = [Buffer.from(Int32Array.of(6).buffer)];
  for (const name of ["<unk>", "\n<s>\n", "\n</s>\n", ...byteTokens]) {
    const head = Buffer.alloc(8);
    head.writeInt32LE(Buffer.byteLength(name), 4);
    parts.push(head, Buffer.from(name));
  }
  writeFileSync(path, Buffer.concat(parts));
}

describe("lanegrad convert", () => {
  beforeEach(() => writeFolder(at("folder")));

  it("makes a checkpoint of a folder of Hugging Face's, and a folder of that: all say the same", async () => {
    const made = await lanegrad(
      "convert",
      "--model",
      at("folder"),
      "--out",
      at("run"),
      "--to",
      "checkpoint",
      "--json",
    );
    expect(made).toMatchObject({ code: 0, err: "" });
    expect(jsonOf(made)).toMatchObject({
      out: at("run", "step-000000"),
      to: "checkpoint",
      config: { width: 8 },
    });
    expect(readdirSync(at("run", "step-000000"))).toContain("tokenizer.json");
    expect(await lanegrad("convert", "--model", at("run"), "--out", at("again"))).toMatchObject({ code: 0 });
    const text = await textOf(at("folder"), "--prompt", "line 4");
    expect(text.length).toBeGreaterThan(0);
    for (const path of ["run", "again"]) expect(await textOf(at(path), "--prompt", "line 4")).toBe(text);
    expect(await textOf(at("folder"))).toBe(await textOf(at("again")));
  });

  it("writes a model that was trained here", async () => {
    await lanegrad("train", "--data", at("text.txt"), ...small, "--steps", "5", "--out", at("run"));
    const written = await lanegrad("convert", "--model", at("run"), "--out", at("hf"), "--dtype", "bf16");
    expect(written.code).toBe(0);
    expect(written.err).toContain("no tokenizer of this kind");
    expect(readdirSync(at("hf")).sort()).toEqual(["config.json", "model.safetensors"]);
    expect(jsonOf(await lanegrad("info", "--model", at("hf"), "--json")).tensors[0].stored).toBe("bf16");
    const kept = await lanegrad("convert", "--model", at("run"), "--out", at("copy"), "--to", "checkpoint");
    expect(kept.code).toBe(0);
    expect(await textOf(at("copy"), "--prompt", "line")).toBe(await textOf(at("run"), "--prompt", "line"));
  });

  it("reads llama2.c's model with the tokenizer beside it", async () => {
    const floats = Float32Array.from({ length: 259 * 8 + 496 - 96 * 3 + 64 * 3 + 8 + 16 }, (_, i) =>
      Math.sin(i),
    );
    writeFileSync(at("stories.bin"), llama2cFile([8, 8, 1, 2, 1, 259, 4], floats));
    const untold = await lanegrad("generate", "--model", at("stories.bin"), ...greedy);
    expect(untold).toMatchObject({ code: 2, err: expect.stringContaining("a tokenizer beside the model") });
    writeTokenizerBin(at("tokenizer.bin"));
    const text = await textOf(at("stories.bin"), "--prompt", "a");
    for (const to of ["huggingface", "checkpoint"]) {
      const out = at(`to-${to}`);
      expect(await lanegrad("convert", "--model", at("stories.bin"), "--out", out, "--to", to)).toMatchObject(
        { code: 0 },
      );
      expect(await textOf(out, "--prompt", "a")).toBe(text);
    }
    // The same words in the format of Llama's folders, which is carried along as it is.
    rmSync(at("to-huggingface", "tokenizer.bin"));
    writeSentencePiece(at("to-huggingface", "tokenizer.json"));
    const options = ["--out", at("again"), "--to", "checkpoint"];
    expect(await lanegrad("convert", "--model", at("to-huggingface"), ...options)).toMatchObject({ code: 0 });
    expect(await textOf(at("again"), "--prompt", "a")).toBe(text);
  });

  it("lets a shorter context be chosen, and refuses what does not fit", async () => {
    const convert = (...options: string[]) =>
      lanegrad("convert", "--model", at("folder"), "--out", at("out"), ...options);
    expect(await convert("--to", "onnx")).toMatchObject({
      code: 2,
      err: expect.stringContaining("Allowed choices"),
    });
    expect(await convert("--context", "8")).toMatchObject({
      code: 2,
      err: expect.stringContaining("wpe.weight: wanted [8, 8]"),
    });
    writeFileSync(at("text.txt"), "no model");
    const text = await lanegrad("convert", "--model", at("text.txt"), "--out", at("out"));
    expect(text).toMatchObject({
      code: 2,
      err: expect.stringContaining("text.txt: file: it does not begin as safetensors"),
    });
    const resumed = async () => {
      await convert("--to", "checkpoint");
      return lanegrad("train", "--resume", at("out"), "--data", at("text.txt"));
    };
    expect(await resumed()).toMatchObject({
      code: 2,
      err: expect.stringContaining("a model that was trained here"),
    });
  });

  it("needs the heads of a state dictionary", async () => {
    const golden = new URL("../golden/gpt-train-final.safetensors", import.meta.url);
    copyFileSync(golden, at("ckpt.safetensors"));
    const convert = (...options: string[]) =>
      lanegrad("convert", "--model", at("ckpt.safetensors"), "--out", at("out"), ...options, "--json");
    expect((await convert()).err).toContain("the file does not say heads");
    expect(jsonOf(await convert("--heads", "2", "--activation", "geluTanh")).config).toMatchObject({
      heads: 2,
      activation: "geluTanh",
    });
  });
});

describe("lanegrad info", () => {
  it("says what a folder, a file and a converted checkpoint hold", async () => {
    await writeFolder(at("folder"));
    const folder = await lanegrad("info", "--model", at("folder"), "--json");
    expect(folder.out).toMatch(/\nstored +f32\n/);
    expect(jsonOf(folder)).toMatchObject({ kind: "gpt", config: { width: 8, heads: 2 } });
    await lanegrad("convert", "--model", at("folder"), "--out", at("run"), "--to", "checkpoint");
    const converted = await lanegrad("info", "--model", at("run"), "--json");
    expect(converted.out).toMatch(/\nstep +converted\n/);
    expect(jsonOf(converted).parameters).toBe(jsonOf(folder).parameters);
  });
});
