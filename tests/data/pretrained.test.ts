import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generateBatch } from "../../src/generation/generate.ts";
import type { Gpt } from "../../src/models/gpt.ts";
import { dispose, namedTensors } from "../../src/nn/parameters.ts";
import { folderSink, folderSource } from "../../src/platform/nodeFiles.ts";
import { loadPretrained } from "../../src/pretrained/loadPretrained.ts";
import { savePretrained } from "../../src/pretrained/savePretrained.ts";
import { Random } from "../../src/random.ts";
import { scope } from "../../src/runtime/default.ts";
import { tensor } from "../../src/tensor/create.ts";

interface Expected {
  readonly prompt_ids: number[][];
  readonly logit_columns: number[];
  readonly prompt_logits: { readonly values: number[][][] };
  readonly next_step_logits: { readonly values: number[][] };
  readonly greedy: { readonly max_length: number; readonly ids: number[][] };
}

let folder: string;
let expected: Expected;
let model: Gpt;
let written: string;
beforeAll(async () => {
  folder = join(process.env.LANEGRAD_DATA ?? "", "tiny-random-gpt2");
  if (!existsSync(folder)) throw new Error("LANEGRAD_DATA must name the folder that holds tiny-random-gpt2");
  expected = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8"));
  ({ model } = await loadPretrained(await folderSource(folder)));
  written = mkdtempSync(join(tmpdir(), "lanegrad-pretrained-"));
});
afterAll(() => {
  dispose(model);
  rmSync(written, { recursive: true });
});

/** The largest error of the logits [B, T, V] of ids in the columns that were published. */
function largestError(ids: number[][], values: number[][][], lastOnly = false): number {
  const logits = scope(() =>
    model.forward(tensor(ids, { dtype: "i32" }), { lastOnly }).toArray(),
  ) as number[][][];
  const errors = values.flatMap((rows, b) =>
    rows.flatMap((row, t) =>
      row.map((value, i) => Math.abs(logits[b]![t]![expected.logit_columns[i]!]! - value)),
    ),
  );
  return Math.max(...errors);
}

/** As in the published program: the likeliest token each time, from all ids so far. */
function greedy(prompt: number[]): number[] {
  const ids = [...prompt];
  while (ids.length < expected.greedy.max_length) {
    const [[logits]] = scope(() =>
      model.forward(tensor([ids], { dtype: "i32" }), { lastOnly: true }).toArray(),
    ) as [[number[]]];
    ids.push(logits.indexOf(Math.max(...logits)));
  }
  return ids;
}

describe("Hugging Face's tiny-random-gpt2", () => {
  it("has the published logits within 1e-5", () => {
    const error = largestError(expected.prompt_ids, expected.prompt_logits.values);
    const next = expected.prompt_ids.map((ids, row) => [...ids, expected.greedy.ids[row]![4]!]);
    const nextValues = expected.next_step_logits.values.map((row) => [row]);
    const nextError = largestError(next, nextValues, true);
    console.log(
      `largest error of logits ${error.toExponential(1)}, of the next step ${nextError.toExponential(1)}`,
    );
    expect(error).toBeLessThan(1e-5);
    expect(nextError).toBeLessThan(1e-5);
  });

  it("goes on with the published ids, with and without a cache", async () => {
    expect(expected.prompt_ids.map(greedy)).toEqual(expected.greedy.ids);
    const tokens = expected.greedy.max_length - 4;
    const rows = expected.prompt_ids.map((ids) => [...ids]);
    for await (const { row, token } of generateBatch(model, expected.prompt_ids, {
      tokens,
      temperature: 0,
      random: new Random(1),
    })) {
      rows[row]!.push(token);
    }
    expect(rows).toEqual(expected.greedy.ids);
  });

  it("is the same after it was saved and loaded again", async () => {
    await savePretrained(model, folderSink(written), { shardBytes: 100_000 });
    const { model: again } = await loadPretrained(await folderSource(written));
    expect(again.config).toEqual(model.config);
    const originals = new Map(namedTensors(model).map(({ name, tensor }) => [name, tensor.toTypedArray()]));
    const copies = new Map(namedTensors(again).map(({ name, tensor }) => [name, tensor.toTypedArray()]));
    expect(copies).toEqual(originals);
    dispose(again);
  });
});
