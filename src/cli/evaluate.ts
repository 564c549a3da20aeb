import { NonFiniteError } from "../errors.ts";
import { quantize } from "../nn/quantize.ts";
import { evaluate } from "../train/evaluate.ts";
import { readCorpus } from "./corpus.ts";
import { openTextModel } from "./savedModel.ts";
import { encodeCorpus } from "./tokenizer.ts";

interface EvaluateArguments {
  readonly model: string;
  readonly data?: string;
  readonly int8?: boolean;
  readonly json?: boolean;
}

/** `lanegrad eval`: the loss over every full window of a text. */
export async function evaluateCommand({ model: path, data, int8, json }: EvaluateArguments): Promise<number> {
  const { model, tokenizer, place: checkpoint } = await openTextModel(path);
  if (int8) quantize(model);
  const { text } = readCorpus(data);
  const tokens = encodeCorpus(tokenizer, text);
  const { loss, perplexity, bitsPerToken, windows } = await evaluate(model, tokens);
  const bitsPerCharacter = bitsPerToken * (tokens.length / countCharacters(text));
  if (!Number.isFinite(loss)) throw new NonFiniteError(checkpoint, `the loss is ${loss}`);
  const numbers = `loss ${loss.toFixed(4)}, perplexity ${perplexity.toFixed(3)}, ${bitsPerCharacter.toFixed(4)} bits per character`;
  console.log(`${numbers} (${windows} windows of ${model.config.contextLength})`);
  if (json) console.log(JSON.stringify({ loss, perplexity, bitsPerCharacter, windows, checkpoint }));
  return 0;
}

/** Code points, as a tokenizer of characters counts them. */
function countCharacters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}
