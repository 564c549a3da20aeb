import { expect, it } from "vitest";
import { constrainToJsonSchema } from "../../src/generation/constraint/constrain.ts";
import { generate } from "../../src/generation/generate.ts";
import { Random } from "../../src/random.ts";
import { fakeModel } from "../support/fakeModel.ts";
import { fastRuntime } from "../support/runtimes.ts";
import { isValid } from "../support/schemaValidator.ts";
import { gpt2Tokenizer } from "../support/tokenizers.ts";

const schema = {
  type: "object",
  properties: {
    name: { type: "string", minLength: 1, maxLength: 40 },
    age: { type: "integer" },
    tags: { type: "array", items: { type: "string", pattern: "^[a-z]+$" }, maxItems: 3 },
    kind: { enum: ["cat", "dog", "bird"] },
    friend: { anyOf: [{ type: "null" }, { $ref: "#" }] },
  },
  required: ["name", "age", "kind", "friend"],
};

it("GPT-2's vocabulary writes JSON that is valid, in as few tokens as there can be and in more", async () => {
  const runtime = fastRuntime();
  const tokenizer = gpt2Tokenizer();
  const began = performance.now();
  const constraint = constrainToJsonSchema(schema, tokenizer);
  const built = performance.now();
  const refused = await text(1, 0).catch((error: Error) => error.message);
  const least = Number(/at least (\d+) tokens/.exec(refused)![1]);
  const planned = performance.now();
  for (let i = 0; i < 6; i++) {
    const written = await text(least + 5 * i, i);
    if (!isValid(JSON.parse(written), schema, schema)) expect.unreachable(written);
  }
  const milliseconds = [built - began, planned - built, (performance.now() - planned) / 6];
  console.log(
    `least ${least} tokens; ms to build, to plan, for a text: ${milliseconds.map((ms) => ms.toFixed(0))}`,
  );
  runtime.dispose();

  /** Logits that are a mess, but the same each time. */
  async function text(tokens: number, seed: number): Promise<string> {
    const { vocabSize } = tokenizer;
    const model = fakeModel(runtime, vocabSize, ([before]) =>
      Array.from(
        { length: vocabSize },
        (_, token) => (Math.imul(token + seed, 2654435761 ^ before!) >>> 24) / 64,
      ),
    );
    let written = "";
    for await (const record of generate(model, [0], {
      tokens,
      random: new Random(seed),
      tokenizer,
      constraint,
    })) {
      written += record.text;
    }
    return written;
  }
});
