import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { readCorpus, splitCorpus } from "../../src/cli/corpus.ts";
import { testFolder } from "../support/commandLine.ts";

describe("readCorpus", () => {
  const at = testFolder("αβγ\r\n");

  it("reads a file as it is", () => {
    const { text, name, hash } = readCorpus(at("text.txt"));
    expect(text).toBe("αβγ\r\n");
    expect(name).toBe(at("text.txt"));
    expect(hash).toBe(createHash("sha256").update("αβγ\r\n").digest("hex"));
  });

  it("reads the King James Bible without the signs of its edition where no file is given", () => {
    const { text, name } = readCorpus(undefined);
    expect(name).toBe("kjv");
    expect(text.startsWith("In the beginning God created the heaven and the earth.\n")).toBe(true);
    expect(text.endsWith("Amen.\n")).toBe(true);
    expect(text.split("\n")).toHaveLength(31_102 + 1);
    expect(text).not.toMatch(/[[\]#]/);
  });
});

describe("splitCorpus", () => {
  it("trains on the first part and validates on the rest", () => {
    const tokens = Int32Array.from({ length: 100 }, (_, i) => i);
    const { training, validation } = splitCorpus(tokens, 4, { seed: 1, batch: 50, split: 0.6 });
    const range = (batches: typeof training) => {
      const { inputs, targets } = batches.at(0);
      const all = [...inputs.toTypedArray(), ...targets.toTypedArray()];
      inputs.dispose();
      targets.dispose();
      return [Math.min(...all), Math.max(...all)];
    };
    const [first, border] = range(training);
    const [start, last] = range(validation);
    expect(first).toBeLessThan(10);
    expect(border).toBeLessThan(60);
    expect(border).toBeGreaterThan(50);
    expect(start).toBeGreaterThanOrEqual(60);
    expect(start).toBeLessThan(70);
    expect(last).toBeGreaterThan(90);
  });
});
