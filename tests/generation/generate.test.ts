import { afterAll, describe, expect, it } from "vitest";
import { ArgumentError } from "../../src/errors.ts";
import type { Generative } from "../../src/generation/decoder.ts";
import { generate } from "../../src/generation/generate.ts";
import { sampleToken } from "../../src/generation/sampling.ts";
import type { Gpt, GptContext } from "../../src/models/gpt.ts";
import { Random } from "../../src/random.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { tensor } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { expectClose } from "../../src/testing/expectClose.ts";
import { exactRuntime, fastRuntime } from "../support/runtimes.ts";
import { tinyGpt, tinyText } from "../support/tinyGpt.ts";

const CONTEXT = 6;
const runtimes = [fastRuntime(), exactRuntime()];
afterAll(() => {
  for (const runtime of runtimes) runtime.dispose();
});

/** The same model, noting the positions of each call and the logits that it gave. */
function watched(model: Gpt) {
  const positions: number[] = [];
  const logits: (readonly number[])[] = [];
  const watching: Generative = {
    config: model.config,
    runtime: model.runtime,
    cache: (batch) => model.cache(batch),
    forward(tokens: Tensor, context: GptContext) {
      positions.push(tokens.size);
      const y = model.forward(tokens, context);
      logits.push(Array.from(y.toTypedArray()));
      return y;
    },
  };
  return { watching, positions, logits };
}

/** The logits after a text by the model's definition: the last positions of it, run anew. */
function freshLogits(model: Gpt, text: readonly number[]): Float64Array {
  const { runtime } = model;
  return runtime.scope(() => {
    const tail = Int32Array.from(text.slice(-CONTEXT));
    const input = tensor(tail, { shape: [1, tail.length], runtime });
    return Float64Array.from(model.forward(input, { lastOnly: true }).toTypedArray());
  });
}

async function collect(tokens: AsyncIterable<{ readonly token: number }>): Promise<number[]> {
  const all: number[] = [];
  for await (const { token } of tokens) all.push(token);
  return all;
}

describe.each(runtimes.map((runtime) => [runtime.floatType, runtime] as [string, Runtime]))(
  "generate in %s",
  (_, runtime) => {
    const model = tinyGpt(runtime);
    const options = { tokens: 9, random: new Random(8), temperature: 1.5, topK: 7 };

    it("computes no token twice inside the context, and past it the last ones again", async () => {
      const { watching, positions } = watched(model);
      await collect(generate(watching, [1, 2, 3], options));
      expect(positions).toEqual([3, 1, 1, 1, CONTEXT, CONTEXT, CONTEXT, CONTEXT, CONTEXT]);
    });

    it("draws what the model's definition draws, from the same logits", async () => {
      for (const length of [1, 3, CONTEXT, CONTEXT + 4]) {
        const prompt = Array.from(tinyText(length, length));
        const { watching, logits } = watched(model);
        const text = [...prompt];
        for await (const { token } of generate(watching, prompt, options)) {
          const i = text.length - prompt.length;
          const expected = freshLogits(model, text);
          // One row takes another kernel than many: in f32 the last bits differ, by a few ulp of values near
          // 1.
          const tolerance = runtime.floatType === "f64" ? 1e-9 : 1e-5;
          expectClose(logits[i]!, expected, { relative: tolerance, absolute: tolerance });
          expect(token).toBe(sampleToken(expected, options.random.uniform(i), options));
          text.push(token);
        }
        expect(text).toHaveLength(length + options.tokens);
      }
    });

    it("keeps two texts apart that grow in turns", async () => {
      const begin = (prompt: number[], seed: number) =>
        generate(model, prompt, { ...options, random: new Random(seed) });
      const alone = [await collect(begin([1], 1)), await collect(begin([2, 3], 2))];
      const [first, second] = [begin([1], 1), begin([2, 3], 2)];
      const together: number[][] = [[], []];
      for (let i = 0; i < options.tokens; i++) {
        together[0]!.push((await first.next()).value!.token);
        together[1]!.push((await second.next()).value!.token);
      }
      expect(together).toEqual(alone);
      await Promise.all([first.return(), second.return()]);
    });

    it("frees its cache at the end, at a break and at an abort", async () => {
      const { liveTensors, liveBytes } = runtime.memoryStats();
      const expectNothingLeft = () => expect(runtime.memoryStats()).toMatchObject({ liveTensors, liveBytes });
      await collect(generate(model, [1], options));
      expectNothingLeft();
      for await (const _ of generate(model, [1], options)) break;
      expectNothingLeft();
      const controller = new AbortController();
      const aborted = async () => {
        for await (const _ of generate(model, [1], { ...options, signal: controller.signal })) {
          controller.abort(new Error("enough"));
        }
      };
      await expect(aborted()).rejects.toThrow("enough");
      expectNothingLeft();
    });
  },
);

describe("generate", () => {
  const runtime = runtimes[1]!;
  const options = { tokens: 3, random: new Random(1) };

  it("begins with the start token where a prompt lacks and the model has one", async () => {
    const model = tinyGpt(runtime, { startToken: 4 });
    const after = await collect(generate(model, [], options));
    expect(after).toEqual(await collect(generate(model, [4], options)));
  });

  it("refuses an empty prompt without a start token, and a number of tokens that is none", async () => {
    const model = tinyGpt(runtime);
    await expect(collect(generate(model, [], options))).rejects.toThrow(
      "generate: wanted a prompt of at least one token, got []",
    );
    for (const tokens of [-1, 0.5, Number.NaN]) {
      await expect(collect(generate(model, [1], { ...options, tokens }))).rejects.toThrow(ArgumentError);
    }
    expect(await collect(generate(model, [1], { ...options, tokens: 0 }))).toEqual([]);
  });
});
