import { describe, expect, it } from "vitest";
import { bytesSource } from "../../src/io/byteSource.ts";
import { openLlama2c } from "../../src/io/llama2c.ts";
import { refusalOf } from "../support/files.ts";
import { llama2cFile } from "../support/llama2cFile.ts";

/** Width 8, hidden 12, two layers of 2 heads sharing 1 key head, 5 words, 3 positions. */
const sizes: readonly number[] = [8, 12, 2, 2, 1, 5, 3];
const perLayer = { attention_norm: 8, wq: 64, wk: 32, wv: 32, wo: 64, ffn_norm: 8, w1: 96, w2: 96, w3: 96 };
const layers = 2 * Object.values(perLayer).reduce((a, b) => a + b, 0);
const tied = 5 * 8 + layers + 8 + 3 * 4;

describe("openLlama2c", () => {
  it("knows where each tensor lies", async () => {
    const floats = Float32Array.from({ length: tied + 40 }, (_, i) => i);
    const { config, arrays } = await openLlama2c(bytesSource(llama2cFile(sizes.with(5, -5), floats)));
    expect(config).toEqual({
      width: 8,
      hidden: 12,
      layers: 2,
      heads: 2,
      keyHeads: 1,
      vocabSize: 5,
      contextLength: 3,
      tiedHead: false,
    });
    const firsts: Record<string, readonly [string, number]> = {};
    for (const [name, array] of arrays) {
      const { dtype, shape, data } = await array.read();
      expect(dtype).toBe("f32");
      expect(shape).toEqual(array.shape);
      firsts[name] = [`${shape}`, Number(data[0])];
    }
    // Layer after layer of one kind, then the next kind.
    expect(firsts).toEqual({
      "tok_embeddings.weight": ["5,8", 0],
      "layers.0.attention_norm.weight": ["8", 40],
      "layers.1.attention_norm.weight": ["8", 48],
      "layers.0.attention.wq.weight": ["8,8", 56],
      "layers.1.attention.wq.weight": ["8,8", 120],
      "layers.0.attention.wk.weight": ["4,8", 184],
      "layers.1.attention.wk.weight": ["4,8", 216],
      "layers.0.attention.wv.weight": ["4,8", 248],
      "layers.1.attention.wv.weight": ["4,8", 280],
      "layers.0.attention.wo.weight": ["8,8", 312],
      "layers.1.attention.wo.weight": ["8,8", 376],
      "layers.0.ffn_norm.weight": ["8", 440],
      "layers.1.ffn_norm.weight": ["8", 448],
      "layers.0.feed_forward.w1.weight": ["12,8", 456],
      "layers.1.feed_forward.w1.weight": ["12,8", 552],
      "layers.0.feed_forward.w2.weight": ["8,12", 648],
      "layers.1.feed_forward.w2.weight": ["8,12", 744],
      "layers.0.feed_forward.w3.weight": ["12,8", 840],
      "layers.1.feed_forward.w3.weight": ["12,8", 936],
      "norm.weight": ["8", 1032],
      "output.weight": ["5,8", 1052],
    });
  });

  it("has no head of its own where the vocabulary's size is positive", async () => {
    const { config, arrays } = await openLlama2c(bytesSource(llama2cFile(sizes, tied)));
    expect(config.tiedHead).toBe(true);
    expect(arrays.has("output.weight")).toBe(false);
  });

  it.each<[string, Uint8Array, string]>([
    ["an empty file", new Uint8Array(0), "header: bytes 0 to 28 leave the file's 0"],
    ["a file that is cut", llama2cFile(sizes, tied - 1), "its header asks for more"],
    ["a file that goes on", llama2cFile(sizes, tied + 1), `its header asks for ${28 + 4 * tied}`],
    ["no width", llama2cFile(sizes.with(0, 0), tied), "width: 0 is no size"],
    ["negative layers", llama2cFile(sizes.with(2, -1), tied), "layers: -1 is no size"],
    ["a vocabulary of -2^31", llama2cFile(sizes.with(5, -(2 ** 31)), tied), "its header asks for more"],
    [
      "sizes that wrap",
      llama2cFile([2 ** 30, 2 ** 30, 1, 1, 1, 2 ** 30, 1], tied),
      "its header asks for more",
    ],
    ["endless layers", llama2cFile(sizes.with(2, 2 ** 31 - 1), tied), "layers: 2147483647 is more than 4096"],
    ["heads that do not divide", llama2cFile(sizes.with(3, 3), tied), "heads: a width of 8 has no 3 heads"],
    ["key heads that do not divide", llama2cFile(sizes.with(4, 3), tied), "keyHeads: 3 does not divide 2"],
    ["version 1", llama2cFile([0x616b3432, 1, 0, 0, 0, 0, 0], 0), "export the model with --version 0"],
  ])("refuses %s", async (_, bytes, message) => {
    expect(await refusalOf(openLlama2c, bytes)).toContain(message);
  });
});
