import { randomInt } from "node:crypto";
import { Random } from "../random.ts";
import { currentPlatform } from "../runtime/default.ts";
import { generate } from "../train/generate.ts";
import { loadModel } from "./run.ts";

export interface GenerateArguments {
  readonly model: string;
  readonly prompt: string;
  readonly tokens: number;
  readonly temperature: number;
  readonly topK?: number;
  readonly seed?: number;
  readonly json?: boolean;
}

/** `lanegrad generate`: prints each character as it comes. */
export async function generateCommand(given: GenerateArguments): Promise<number> {
  const { model, tokenizer, folder } = loadModel(given.model);
  const seed = given.seed ?? randomInt(2 ** 31);
  const prompt = tokenizer.encode(given.prompt);
  const options = {
    tokens: given.tokens,
    temperature: given.temperature,
    ...(given.topK === undefined ? {} : { topK: Math.min(given.topK, tokenizer.vocabSize) }),
    random: new Random(seed),
  };
  process.stdout.write(given.prompt);
  const platform = currentPlatform();
  const began = platform.now();
  const ids: number[] = [];
  for await (const token of generate(model, prompt, options)) {
    ids.push(token);
    process.stdout.write(tokenizer.decode([token]));
  }
  process.stdout.write("\n");
  const tokensPerSecond = ids.length / ((platform.now() - began) / 1000);
  if (given.json) {
    console.log(
      JSON.stringify({
        prompt: given.prompt,
        text: tokenizer.decode(ids),
        tokens: ids,
        seed,
        tokensPerSecond,
        checkpoint: folder,
      }),
    );
  }
  return 0;
}
