import { ArgumentError } from "../errors.ts";
import type { FloatType } from "../io/halfFloats.ts";
import type { GptConfig } from "../models/gptConfig.ts";
import { countParameters, parameters } from "../nn/parameters.ts";
import { quantize } from "../nn/quantize.ts";
import { AdamW } from "../optim/adamw.ts";
import { saveCheckpoint } from "../platform/checkpointFolder.ts";
import { folderSink } from "../platform/nodeFiles.ts";
import { savePretrained } from "../pretrained/savePretrained.ts";
import { BytePairTokenizer } from "../text/bytePair.ts";
import { Llama2cTokenizer } from "../text/llama2c.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { writeTokenizerJson } from "../text/tokenizerJson.ts";
import { WordPieceTokenizer } from "../text/wordPiece.ts";
import { writeCheckpoint } from "../train/checkpoint.ts";
import { convertedTrainer } from "./converted.ts";
import { openModel, type ReadyModel, tokenizerFile } from "./savedModel.ts";

export type ConvertTarget = "huggingface" | "checkpoint";

interface ConvertArguments {
  readonly model: string;
  readonly out: string;
  readonly to: ConvertTarget;
  readonly dtype: FloatType;
  readonly int8?: boolean;
  readonly heads?: number;
  readonly context?: number;
  readonly activation?: NonNullable<GptConfig["activation"]>;
  readonly json?: boolean;
}

/** `lanegrad convert`: from any format that is read to Hugging Face's or a checkpoint of our own. */
export async function convertCommand(given: ConvertArguments): Promise<number> {
  const { heads, context, activation } = given;
  const ready = await openModel(given.model, {
    ...(heads === undefined ? {} : { heads }),
    ...(context === undefined ? {} : { contextLength: context }),
    ...(activation === undefined ? {} : { activation }),
  });
  const count = countParameters(ready.model);
  if (given.int8 && given.to !== "checkpoint") {
    throw new ArgumentError("--int8", "--to checkpoint: others do not read our 8 bits", `--to ${given.to}`);
  }
  if (given.int8) quantize(ready.model);
  const out = given.to === "checkpoint" ? writeStep(ready, given.out) : await writeFolder(ready, given);
  const { config } = ready.model;
  const { layers, width, vocabSize } = config;
  console.log(
    `${out}: ${count.toLocaleString("en")} parameters, ${layers} layers of width ${width}, ${vocabSize} tokens`,
  );
  if (given.json)
    console.log(JSON.stringify({ model: ready.place, out, to: given.to, parameters: count, config }));
  return 0;
}

async function writeFolder({ model, tokenizer, place }: ReadyModel, { out, dtype }: ConvertArguments) {
  const folder = folderSink(out);
  await savePretrained(model, folder, { tokenizer, dtype });
  const carried = tokenizer instanceof Llama2cTokenizer ? tokenizerFile(place) : null;
  if (carried) await folder.write(carried.name, [carried.bytes]);
  if (tokenizer && !carried && !isHuggingFaces(tokenizer))
    console.error("lanegrad: Hugging Face's programs have no tokenizer of this kind");
  return out;
}

function writeStep({ model, tokenizer, place }: ReadyModel, out: string): string {
  const files = writeCheckpoint(model, new AdamW(parameters(model)), convertedTrainer(tokenizer));
  if (isHuggingFaces(tokenizer)) files["tokenizer.json"] = writeTokenizerJson(tokenizer);
  const carried = tokenizer instanceof Llama2cTokenizer ? tokenizerFile(place) : null;
  if (carried) files[carried.name] = carried.bytes;
  return saveCheckpoint(out, 0, files, { keep: 1 });
}

const isHuggingFaces = (tokenizer: Tokenizer | null): tokenizer is BytePairTokenizer | WordPieceTokenizer =>
  tokenizer instanceof BytePairTokenizer || tokenizer instanceof WordPieceTokenizer;
