import { randomInt } from "node:crypto";
import type { GeneratedToken } from "../generation/continuation.ts";
import { contrastiveSearch } from "../generation/contrastiveSearch.ts";
import { generate } from "../generation/generate.ts";
import { generateBeams } from "../generation/generateBeams.ts";
import type { SamplingOptions } from "../generation/sampling.ts";
import { generateSpeculatively } from "../generation/speculate.ts";
import type { TextOptions } from "../generation/textOptions.ts";
import type { TokenStream } from "../generation/tokenStream.ts";
import type { Gpt } from "../models/gpt.ts";
import { quantize } from "../nn/quantize.ts";
import { Random } from "../random.ts";
import { currentPlatform } from "../runtime/default.ts";
import { promptIds } from "./converted.ts";
import { checkCompany, type WritingArguments, writingOptions } from "./generateOptions.ts";
import { defaultPrompt, openModel, openTextModel } from "./savedModel.ts";

interface GenerateArguments extends WritingArguments {
  readonly model: string;
  readonly prompt?: string;
  readonly seed?: number;
  readonly int8?: boolean;
  readonly json?: boolean;
  readonly jsonLines?: boolean;
}

/** What was written, for the line that --json prints. */
interface Summary {
  readonly text: string;
  readonly tokens: number;
  readonly seed?: number;
  readonly score?: number;
}

/** `lanegrad generate`: prints the text as it comes, or each token as a line of JSON. */
export async function generateCommand(given: GenerateArguments): Promise<number> {
  checkCompany(given);
  const { model, tokenizer, place: checkpoint } = await openTextModel(given.model);
  if (given.int8) quantize(model);
  const prompt = given.prompt ?? defaultPrompt(tokenizer);
  const options = writingOptions(given, tokenizer);
  const ids = promptIds(tokenizer, prompt);
  const began = currentPlatform().now();
  const write = given.beams === undefined ? writeTokens : writeBest;
  const summary = await write({ given, model, prompt, ids, options });
  if (given.json) {
    const tokensPerSecond = summary.tokens / ((currentPlatform().now() - began) / 1000);
    console.log(JSON.stringify({ prompt, ...summary, tokensPerSecond, checkpoint }));
  }
  return 0;
}

interface Writing {
  readonly given: GenerateArguments;
  readonly model: Gpt;
  readonly prompt: string;
  readonly ids: readonly number[];
  readonly options: TextOptions & SamplingOptions;
}

async function writeTokens(writing: Writing): Promise<Summary> {
  const { given, prompt } = writing;
  const seed = given.seed ?? randomInt(2 ** 31);
  const stream = await tokenStream(writing, new Random(seed));
  let [text, tokens] = ["", 0];
  if (!given.jsonLines) process.stdout.write(prompt);
  for await (const { row: _, ...record } of stream) {
    text += record.text;
    tokens++;
    process.stdout.write(given.jsonLines ? `${JSON.stringify(record)}\n` : record.text);
  }
  if (!given.jsonLines) process.stdout.write("\n");
  return { text, tokens, ...(given.contrastive === undefined ? { seed } : {}) };
}

async function tokenStream(
  { given, model, ids, options }: Writing,
  random: Random,
): Promise<TokenStream<GeneratedToken>> {
  const { contrastive: penalty, draft, draftTokens } = given;
  if (penalty !== undefined) return contrastiveSearch(model, ids, { ...options, penalty });
  if (draft === undefined) return generate(model, ids, { ...options, random });
  const { model: guessing } = await openModel(draft);
  const guesses = draftTokens === undefined ? {} : { draftTokens };
  return generateSpeculatively(model, guessing, ids, { ...options, random, ...guesses });
}

/** Prints the best texts of a beam search, each after the prompt. */
async function writeBest({ given, model, prompt, ids, options }: Writing): Promise<Summary> {
  const { beams = 1, results = 1, lengthPenalty = 0 } = given;
  const found = await generateBeams(model, ids, { ...options, beams, results, lengthPenalty });
  const { tokenizer, stopTokens = [] } = options;
  const written = found.map(({ tokens, score }) => {
    const text = tokenizer!.decode(tokens.filter((token) => !stopTokens.includes(token)));
    return { text, tokens: tokens.length, score };
  });
  for (const { text } of written) console.log(`${prompt}${text}`);
  return written[0] ?? { text: "", tokens: 0 };
}
