import { ArgumentError } from "../errors.ts";
import type { Generative } from "./decoder.ts";

/**
 * The tokens of a prompt; of an empty one the model's start token.
 *
 * @throws ArgumentError for an empty prompt where the model has no start token
 */
export function checkedPrompt({ config }: Pick<Generative, "config">, prompt: ArrayLike<number>): number[] {
  const { startToken } = config;
  const tokens = Array.from(prompt);
  if (tokens.length === 0 && startToken !== undefined) tokens.push(startToken);
  if (tokens.length === 0) throw new ArgumentError("generate", "a prompt of at least one token", tokens);
  return tokens;
}
