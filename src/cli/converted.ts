/**
 * Checkpoints of models that another program trained. There is no run to go on with: the optimizer has taken no step, and trainer.json
 * notes the tokenizer alone, or a file beside it has it:
 *
 *   trainer.json     {"step": 0, "converted": true, "tokenizer": …}
 *   tokenizer.json   Hugging Face's format
 *   tokenizer.bin    llama2.c's, as it was
 */
import { filesSource } from "../io/folder.ts";
import { readTokenizer } from "../pretrained/tokenizer.ts";
import { CharacterTokenizer } from "../text/character.ts";
import { Llama2cTokenizer } from "../text/llama2c.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import type { CheckpointFiles } from "../train/checkpoint.ts";

/** What trainer.json says. */
export const convertedTrainer = (tokenizer: Tokenizer | null): object => ({
  step: 0,
  converted: true,
  tokenizer: tokenizer instanceof CharacterTokenizer ? tokenizer : null,
});

export const isConverted = (trainer: object): boolean => "converted" in trainer && trainer.converted === true;

/** Of the files of such a checkpoint; null where it has none. @throws FormatError */
export async function convertedTokenizer(
  files: CheckpointFiles,
  trainer: object,
  place: string,
): Promise<Tokenizer | null> {
  const tokenizer = await readTokenizer(filesSource(files));
  if (tokenizer) return tokenizer;
  const state = "tokenizer" in trainer ? trainer.tokenizer : null;
  return state === null ? null : CharacterTokenizer.fromJSON(state, `${place}/trainer.json`);
}

/** The ids of a prompt: Llama was trained on texts that begin with <s>. */
export function promptIds(tokenizer: Tokenizer, prompt: string): number[] {
  const start = tokenizer instanceof Llama2cTokenizer ? [tokenizer.specialTokens.get("<s>")!] : [];
  return [...start, ...tokenizer.encode(prompt)];
}
