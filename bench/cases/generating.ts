import {
  dispose,
  flopsPerToken,
  Gpt,
  type GptConfig,
  generate,
  noGrad,
  presets,
  quantize,
  Random,
  scope,
  tensor,
  withRuntime,
} from "lanegrad";
import { createRuntime, referenceBackend } from "lanegrad/testing";
import type { Case } from "../case.ts";
import { deviation } from "../exact.ts";

/** A model that writes, and how its weights are kept. */
interface Writer {
  readonly config: GptConfig;
  readonly weights: "f32" | "int8";
}

/** Six layers of width 384, without dropout: 10.7 million parameters. */
const small: GptConfig = { ...presets.shakespeare, dropout: 0 };
/** 25 million. */
const large: GptConfig = { ...small, layers: 8, heads: 8, width: 512 };

const DECODED_TOKENS = 128;
const PROMPT = [1, 2, 3, 4, 5, 6, 7, 8];

/** What one token reads: every matrix once, and keys and values of half the tokens on average. */
function bytesPerToken({ config: { layers, width, vocabSize }, weights }: Writer): number {
  const cache = layers * 2 * width * (PROMPT.length + DECODED_TOKENS / 2);
  return (weights === "int8" ? 1 : 4) * layers * 12 * width * width + 4 * (vocabSize * width + cache);
}

function makeModel({ config, weights }: Writer): Gpt {
  const model = new Gpt(config, { random: new Random(1) });
  if (weights === "int8") quantize(model);
  return model;
}

async function decode(model: Gpt): Promise<void> {
  const options = { tokens: DECODED_TOKENS, temperature: 0, random: new Random(1) };
  for await (const _ of generate(model, PROMPT, options));
}

function decodingCase(writer: Writer, size: string): Case {
  return {
    part: "generate",
    name: writer.weights === "int8" ? "greedy decoding, 8 bits" : "greedy decoding",
    size,
    work: { unit: "tokens/s", amount: DECODED_TOKENS },
    yardstick: { loop: "read", amount: DECODED_TOKENS * bytesPerToken(writer), span: bytesPerToken(writer) },
    prepare() {
      const model = makeModel(writer);
      return {
        async run() {
          await decode(model);
        },
        error: () => decodingError(model, writer),
      };
    },
  };
}

/** How far the logits after a prompt, computed token by token with a cache, are from those without one in f64. */
function decodingError(model: Gpt, writer: Writer): number {
  const cache = model.cache(1);
  let logits: ArrayLike<number> = [];
  for (const token of PROMPT) logits = lastLogits(model, [token], cache);
  dispose(cache);
  return deviation(logits, exactLogits(writer, PROMPT));
}

/** A whole context in one pass, for the logits of its last token: a third of the flops of training on it. */
const prefillCase: Case = {
  part: "generate",
  name: "prefill",
  size: "6 layers of 384, 256 tokens",
  work: { unit: "tokens/s", amount: small.contextLength },
  yardstick: { loop: "multiplyAdd", amount: (flopsPerToken(small) / 3) * small.contextLength },
  prepare() {
    const writer: Writer = { config: small, weights: "f32" };
    const model = makeModel(writer);
    const tokens = Array.from({ length: small.contextLength }, (_, i) => (i * 31) % small.vocabSize);
    return {
      run: () => void lastLogits(model, tokens),
      error: () =>
        deviation(lastLogits(model, tokens.slice(0, 32)), exactLogits(writer, tokens.slice(0, 32))),
    };
  },
};

function exactLogits(writer: Writer, tokens: readonly number[]): ArrayLike<number> {
  const runtime = createRuntime({ backend: referenceBackend() });
  const logits = withRuntime(runtime, () => lastLogits(makeModel(writer), tokens));
  runtime.dispose();
  return logits;
}

function lastLogits(
  model: Gpt,
  tokens: readonly number[],
  cache?: ReturnType<Gpt["cache"]>,
): ArrayLike<number> {
  return noGrad(() =>
    scope(() => {
      const input = tensor(Int32Array.from(tokens), { shape: [1, tokens.length] });
      return model.forward(input, { cache, lastOnly: true }).toTypedArray();
    }),
  );
}

export const generateCases: readonly Case[] = [
  decodingCase({ config: small, weights: "f32" }, "6 layers of 384, 8+128 tokens"),
  decodingCase({ config: large, weights: "f32" }, "8 layers of 512, 8+128 tokens"),
  decodingCase({ config: large, weights: "int8" }, "8 layers of 512, 8+128 tokens"),
  prefillCase,
];
