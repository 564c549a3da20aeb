import { evaluate } from "../train/evaluate.ts";
import { readCorpus } from "./corpus.ts";
import { loadModel } from "./run.ts";

export interface EvaluateArguments {
  readonly model: string;
  readonly data?: string;
  readonly json?: boolean;
}

/** `lanegrad eval`: the loss over every full window of a text. */
export async function evaluateCommand({ model: folder, data, json }: EvaluateArguments): Promise<number> {
  const { model, tokenizer, folder: checkpoint } = loadModel(folder);
  const corpus = readCorpus(data);
  const { loss, perplexity, bitsPerToken, windows } = await evaluate(model, tokenizer.encode(corpus.text));
  console.log(
    `loss ${loss.toFixed(4)} nats, perplexity ${perplexity.toFixed(3)}, ${bitsPerToken.toFixed(4)} bits per character ` +
      `over ${windows} windows of ${model.config.contextLength}`,
  );
  if (json)
    console.log(JSON.stringify({ loss, perplexity, bitsPerCharacter: bitsPerToken, windows, checkpoint }));
  return 0;
}
