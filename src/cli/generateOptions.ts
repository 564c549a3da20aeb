import { readFileSync } from "node:fs";
import { type Command, InvalidArgumentError, Option } from "commander";
import { ArgumentError } from "../errors.ts";
import {
  constrainToChoices,
  constrainToJsonSchema,
  constrainToRegex,
} from "../generation/constraint/constrain.ts";
import type { TokenConstraint } from "../generation/constraint/tokenConstraint.ts";
import type { TokenBytes } from "../generation/constraint/vocabulary.ts";
import type { SamplingOptions } from "../generation/sampling.ts";
import type { TextOptions } from "../generation/textOptions.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { realNumber, wholeNumber } from "./options.ts";

/** What `lanegrad generate` may be told of how to write. */
export interface WritingArguments {
  readonly tokens: number;
  readonly temperature: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly minP?: number;
  readonly typical?: number;
  readonly repetitionPenalty?: number;
  readonly presencePenalty?: number;
  readonly frequencyPenalty?: number;
  readonly noRepeat?: number;
  readonly logitBias?: Readonly<Record<number, number>>;
  readonly badWord?: readonly string[];
  readonly minimumTokens?: number;
  readonly stop?: readonly string[];
  readonly stopToken?: readonly string[];
  readonly regex?: string;
  readonly choice?: readonly string[];
  readonly jsonSchema?: string;
  readonly alternatives?: number;
  readonly contrastive?: number;
  readonly draft?: string;
  readonly draftTokens?: number;
  readonly beams?: number;
  readonly results?: number;
  readonly lengthPenalty?: number;
}

const drawing = ["temperature", "topP", "minP", "typical", "seed"];
const ways = ["contrastive", "draft", "beams"];

/** Adds them, those that exclude each other among them. */
export function addWritingOptions(command: Command): Command {
  for (const one of [...lengthOptions(), ...samplingOptions(), ...logitsOptions(), ...wayOptions()]) {
    command.addOption(one);
  }
  return command;
}

const option = (flags: string, description: string) => new Option(flags, description);
const several = (value: string, before: readonly string[] = []) => [...before, value];

function lengthOptions(): Option[] {
  return [
    option("--tokens <n>", "how many tokens: characters, if it was trained here")
      .argParser(wholeNumber(0))
      .default(500),
    option("--stop <text>", "end before this text; may be given several times").argParser(several),
    option("--stop-token <name>", "end at this special token, or number of a token; several times").argParser(
      several,
    ),
    option("--minimum-tokens <n>", "how many tokens come before a stop token may").argParser(wholeNumber(1)),
  ];
}

function samplingOptions(): Option[] {
  const share = realNumber(0, 1);
  return [
    option("--temperature <t>", "below 1 safer, above 1 wilder, 0: always the likeliest")
      .argParser(realNumber(0, 100))
      .default(1),
    option("--top-k <n>", "draw from the n likeliest only").argParser(wholeNumber(1)),
    option("--top-p <share>", "draw from the fewest likeliest that have this share").argParser(share),
    option("--min-p <share>", "draw from those this share as likely as the likeliest").argParser(share),
    option("--typical <share>", "draw from the fewest most typical that have this share").argParser(share),
    option("--seed <n>", "the same seed gives the same text (default: drawn)").argParser(wholeNumber(0)),
  ];
}

function logitsOptions(): Option[] {
  const noRepeat = option("--no-repeat <n>", "no n tokens in a row come twice").argParser(wholeNumber(1));
  // It is not the opposite of a --repeat.
  noRepeat.negate = false;
  return [
    option("--repetition-penalty <p>", "above 1: what has come becomes less likely").argParser(
      realNumber(0.01, 100),
    ),
    option("--presence-penalty <p>", "taken from the logit of what was written").argParser(
      realNumber(-100, 100),
    ),
    option("--frequency-penalty <p>", "taken from it for each time").argParser(realNumber(-100, 100)),
    noRepeat,
    option("--logit-bias <json>", 'added to logits of tokens by number, like {"50256": -100}').argParser(
      biasOf,
    ),
    option("--bad-word <text>", "what never comes, as the tokens of this text; several times").argParser(
      several,
    ),
    option("--regex <pattern>", "the text matches this regular expression").conflicts([
      "choice",
      "jsonSchema",
      "stop",
    ]),
    option("--choice <text>", "the text is one of these; several times")
      .argParser(several)
      .conflicts(["jsonSchema", "stop"]),
    option("--json-schema <file>", "the text is JSON that is valid by the schema in this file").conflicts(
      "stop",
    ),
  ];
}

function wayOptions(): Option[] {
  const others = (way: string) => ways.filter((other) => other !== way);
  return [
    option(
      "--contrastive <penalty>",
      "take what is likely and unlike the text before, of the --top-k likeliest",
    )
      .argParser(realNumber(0, 1))
      .conflicts([...drawing, ...others("contrastive")]),
    option("--draft <path>", "a smaller model that guesses tokens, which makes it faster").conflicts(
      others("draft"),
    ),
    option("--draft-tokens <n>", "how many it guesses at once (default: 4)").argParser(wholeNumber(1)),
    option("--beams <n>", "search the likeliest text, following n at once")
      .argParser(wholeNumber(1))
      .conflicts([...drawing, ...others("beams"), "topK", "stop", "alternatives", "jsonLines"]),
    option("--results <n>", "print the n best texts of a search (default: 1)").argParser(wholeNumber(1)),
    option("--length-penalty <a>", "above 0, longer texts are at no disadvantage (default: 0)").argParser(
      realNumber(0, 10),
    ),
    option("--alternatives <n>", "list the n likeliest tokens beside each, with --json-lines").argParser(
      wholeNumber(1),
    ),
  ];
}

/** @throws ArgumentError for an option without the one that it belongs to */
export function checkCompany(given: WritingArguments & { readonly jsonLines?: boolean }): void {
  const needs = (has: unknown, one: string, company: unknown, other: string) => {
    if (has !== undefined && company === undefined) throw new ArgumentError(one, `${other} with it`, "none");
  };
  needs(given.draftTokens, "--draft-tokens", given.draft, "--draft");
  needs(given.results, "--results", given.beams, "--beams");
  needs(given.lengthPenalty, "--length-penalty", given.beams, "--beams");
  needs(given.minimumTokens, "--minimum-tokens", given.stopToken, "--stop-token");
  needs(given.alternatives, "--alternatives", given.jsonLines, "--json-lines");
}

/** The options of the library for those of the command line. */
export function writingOptions(given: WritingArguments, tokenizer: Tokenizer): TextOptions & SamplingOptions {
  const { tokens, temperature, badWord, stop, stopToken } = given;
  const { topK, topP, minP, typical, repetitionPenalty, presencePenalty, frequencyPenalty } = given;
  const { noRepeat, logitBias, minimumTokens, alternatives } = given;
  const same = { topK, topP, minP, typical, repetitionPenalty, presencePenalty, frequencyPenalty };
  return {
    tokens,
    temperature,
    tokenizer,
    ...present({ ...same, noRepeat, logitBias, minimumTokens, alternatives }),
    ...present({
      badWords: badWord?.map((word) => Array.from(tokenizer.encode(word))),
      stopStrings: stop,
      stopTokens: stopToken?.map((name) => tokenNamed(name, tokenizer)),
      constraint: constraintOf(given, tokenizer),
    }),
  };
}

function constraintOf(
  { regex, choice, jsonSchema }: WritingArguments,
  tokenizer: Tokenizer,
): TokenConstraint | undefined {
  if (regex === undefined && choice === undefined && jsonSchema === undefined) return undefined;
  if (!hasBytes(tokenizer)) {
    throw new ArgumentError("a constraint", "a tokenizer whose tokens have bytes of their own", tokenizer);
  }
  if (regex !== undefined) return constrainToRegex(regex, tokenizer);
  if (choice !== undefined) return constrainToChoices(choice, tokenizer);
  return constrainToJsonSchema(schemaIn(jsonSchema!), tokenizer);
}

const hasBytes = (tokenizer: Tokenizer): tokenizer is Tokenizer & TokenBytes => "tokenBytes" in tokenizer;

function schemaIn(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) throw new ArgumentError(file, `JSON (${error.message})`, "other text");
    throw error;
  }
}

function tokenNamed(name: string, { specialTokens, vocabSize }: Tokenizer): number {
  const token = specialTokens.get(name) ?? (/^\d+$/.test(name) ? Number(name) : Number.NaN);
  if (token < vocabSize) return token;
  const known = [...specialTokens.keys()].join(", ");
  throw new ArgumentError(
    "--stop-token",
    `one of ${known || "no special tokens"}, or a number below ${vocabSize}`,
    name,
  );
}

function biasOf(text: string): Record<number, number> {
  try {
    const bias: unknown = JSON.parse(text);
    const isBias = typeof bias === "object" && bias !== null && !Array.isArray(bias);
    if (isBias && Object.values(bias).every((amount) => typeof amount === "number")) return { ...bias };
  } catch {
    // The same complaint as below.
  }
  throw new InvalidArgumentError('Wanted JSON like {"50256": -100}.');
}

/** The fields that are not undefined. */
function present<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
