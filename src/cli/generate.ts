import { randomInt } from "node:crypto";
import { generate } from "../generation/generate.ts";
import { Random } from "../random.ts";
import { currentPlatform } from "../runtime/default.ts";
import { defaultPrompt, openModel } from "./savedModel.ts";

interface GenerateArguments {
  readonly model: string;
  readonly prompt?: string;
  readonly tokens: number;
  readonly temperature: number;
  readonly topK?: number;
  readonly seed?: number;
  readonly json?: boolean;
}

/** `lanegrad generate`: prints each character as it comes. */
export async function generateCommand(given: GenerateArguments): Promise<number> {
  const { model, trainer, place: checkpoint } = await openModel(given.model);
  const { tokenizer } = trainer;
  const prompt = given.prompt ?? defaultPrompt(tokenizer);
  const seed = given.seed ?? randomInt(2 ** 31);
  const options = {
    tokens: given.tokens,
    temperature: given.temperature,
    random: new Random(seed),
    tokenizer,
    ...(given.topK === undefined ? {} : { topK: given.topK }),
  };
  const ids: number[] = [];
  const continuation = generate(model, tokenizer.encode(prompt), options);
  const began = currentPlatform().now();
  process.stdout.write(prompt);
  for await (const { token, text } of continuation) {
    ids.push(token);
    process.stdout.write(text);
  }
  process.stdout.write("\n");
  if (given.json) {
    const text = tokenizer.decode(ids);
    const tokensPerSecond = ids.length / ((currentPlatform().now() - began) / 1000);
    console.log(JSON.stringify({ prompt, text, tokens: ids.length, seed, tokensPerSecond, checkpoint }));
  }
  return 0;
}
