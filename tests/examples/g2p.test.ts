import { describe, expect, test } from "vitest";
import {
  Alphabet,
  hashOf,
  pairsOf,
  readWords,
  splitWords,
  symbols,
} from "../../src/examples/g2p/dictionary.ts";
import { pronounceGreedily, pronounceWithBeams } from "../../src/examples/g2p/pronounce.ts";
import { Seq2Seq } from "../../src/models/seq2seq.ts";
import { argmax } from "../../src/ops/argmax.ts";
import { Random } from "../../src/random.ts";
import { scope } from "../../src/runtime/default.ts";
import { tensor } from "../../src/tensor/create.ts";
import { runExample } from "./runExample.ts";

describe("the dictionary of the example", () => {
  const words = readWords();

  test("a word has all its pronunciations, each once and without stress", () => {
    const find = (wanted: string) => words.find(({ spelling }) => spelling === wanted)?.pronunciations;
    expect(find("read")).toEqual([
      ["R", "EH", "D"],
      ["R", "IY", "D"],
    ]);
    // Two entries that differ in stress alone.
    expect(find("record")?.length).toBe(new Set(find("record")?.map(String)).size);
    expect(words.some(({ spelling }) => spelling.includes("("))).toBe(false);
  });

  test("the words of the test are always the same, and on no other side", () => {
    const { training, validation, test: asked } = splitWords(words, 1000, 500);
    expect(hashOf(asked.map(({ spelling }) => spelling).join("\n"))).toMatch(/^86dda2b9179f9e1b/);
    const sides = [training, validation, asked].flatMap((side) => side.map(({ spelling }) => spelling));
    expect(sides.length).toBe(words.length);
    expect(new Set(sides).size).toBe(words.length);
    const few = words.slice(0, 3000);
    expect(splitWords(few.toReversed(), 100, 50)).toEqual(splitWords(few, 100, 50));
  });

  test("symbols become numbers behind those of the model and come back", () => {
    const phonemes = new Alphabet([["K", "AE"], ["T"]]);
    const letters = new Alphabet(["cat"]);
    const word = { spelling: "cat", pronunciations: [["K", "AE", "T"]] };
    const [pair] = pairsOf([word], letters, phonemes);
    expect([...pair!.source]).toEqual([4, 3, 5]);
    expect(phonemes.decode(pair!.target)).toEqual(["K", "AE", "T"]);
    expect(phonemes.size).toBe(6);
  });
});

describe("pronouncing", () => {
  const model = new Seq2Seq(
    { ...symbols, sourceVocabSize: 9, targetVocabSize: 7, contextLength: 6, layers: 1, heads: 2, width: 8 },
    { random: new Random(5) },
  );
  const sources = [[3, 4, 5, 6], [8], [7, 3, 7], [6, 6]].map((letters) => Int32Array.from(letters));

  /** Reads the whole target again for each symbol, one word at a time. */
  function likeliest(source: Int32Array): number[] {
    const target: number[] = [symbols.startToken];
    while (target.length <= model.config.contextLength) {
      const next = scope(() => {
        const row = (numbers: ArrayLike<number>) =>
          tensor(Int32Array.from(numbers), { shape: [1, numbers.length] });
        return argmax(model.forward(row(source), row(target)), { axis: -1 })
          .toTypedArray()
          .at(-1)!;
      });
      if (next === symbols.endToken) break;
      target.push(next);
    }
    return target.slice(1);
  }

  test("in a batch, the likeliest symbols are those of each word alone", () => {
    expect(pronounceGreedily(model, sources)).toEqual(sources.map(likeliest));
  });

  test("beams give no end of their own", async () => {
    const written = await pronounceWithBeams(model, sources, 3);
    expect(written.length).toBe(sources.length);
    expect(written.flat()).not.toContain(symbols.endToken);
  });
});

test("the example learns something of short words, and prints how much", async () => {
  const printed = await runExample("g2p", "--smoke", "--threads", "1");
  expect(printed).toMatch(/^after 300 steps/m);
  const rows = /^(?:greedy|beam of 4) +([\d.]+) % +([\d.]+) %$/gm;
  const found = [...printed.matchAll(rows)].map(([, phonemes, words]) => [Number(phonemes), Number(words)]);
  expect(found.length).toBe(2);
  // Untrained models are wrong in every word, and those that write nothing in every phoneme.
  for (const [phonemesWrong, wordsWrong] of found) {
    expect(phonemesWrong).toBeLessThan(70);
    expect(wordsWrong).toBeLessThan(100);
  }
});
