import { ArgumentError } from "lanegrad/functions";
import type { Writer } from "./checkpoint.ts";

/** What a request asks for. */
export interface Question {
  readonly prompt: Int32Array;
  readonly tokens: number;
  readonly temperature: number;
  readonly topK: number;
  readonly seed: number;
}

/** What the query of `/generate` may say besides `prompt`. */
const NUMBERS = {
  tokens: { least: 1, most: 1000, whole: true },
  temperature: { least: 0, most: 2, whole: false },
  topK: { least: 1, most: 1000, whole: true },
  seed: { least: 0, most: 2 ** 32 - 1, whole: true },
} as const;

/** Characters of a prompt. A Worker pays for each of them, though the model sees no more than its context. */
const LONGEST_PROMPT = 2000;

/** @throws ArgumentError that says what is wrong with the query */
export function readQuestion(query: URLSearchParams, { tokenizer }: Writer): Question {
  const known = ["prompt", ...Object.keys(NUMBERS)];
  for (const name of query.keys()) {
    if (!known.includes(name)) throw new ArgumentError("query", `only ${known.join(", ")}`, name);
  }
  const prompt = query.get("prompt");
  if (!prompt) throw new ArgumentError("prompt", "a text to go on from", prompt);
  if (prompt.length > LONGEST_PROMPT) {
    throw new ArgumentError("prompt", `at most ${LONGEST_PROMPT} characters`, prompt.length);
  }
  const number = (name: keyof typeof NUMBERS, otherwise: number): number => {
    const text = query.get(name);
    if (text === null) return otherwise;
    const { least, most, whole } = NUMBERS[name];
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (value >= least && value <= most && (!whole || Number.isInteger(value))) return value;
    throw new ArgumentError(name, `a ${whole ? "whole " : ""}number from ${least} to ${most}`, text);
  };
  return {
    prompt: tokenizer.encode(prompt),
    tokens: number("tokens", 200),
    temperature: number("temperature", 0.8),
    topK: number("topK", NUMBERS.topK.most),
    seed: number("seed", crypto.getRandomValues(new Uint32Array(1))[0]!),
  };
}
