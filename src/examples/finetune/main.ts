/**
 * Takes a GPT from one kind of text to another: it learns from the first half of the King James version, and is then
 * tuned to the second, in all its weights and in low-rank adapters alone, while a copy goes on with the first.
 */
import { Command } from "commander";
import {
  addLora,
  BytePairTokenizer,
  countParameters,
  createRuntime,
  evaluate,
  filesSource,
  Gpt,
  loadPretrained,
  type MemoryFolder,
  Random,
  readLora,
  savePretrained,
  setDefaultRuntime,
  writeLora,
} from "lanegrad";
import { threads } from "lanegrad/threads";
import { type Half, readHalves } from "./bible.ts";
import { best, learn } from "./learn.ts";
import { judge, type Row, tableOf } from "./report.ts";

interface Options {
  readonly threads: number;
  readonly seed: number;
  readonly smoke?: true;
}

const { smoke, ...options } = new Command("npm run example -- finetune")
  .description("trains a GPT on one half of a book and tunes it to the other, with LoRA and without")
  .option("--threads <count>", "at work", Number, 2)
  .option("--seed <number>", "of the weights and the batches", Number, 1)
  .option("--smoke", "few chapters and a small model: a few seconds")
  .parse()
  .opts<Options>();

const runtime = createRuntime({ threads: threads(options.threads) });
setDefaultRuntime(runtime);
await runtime.ready;

const halves = readHalves(smoke ? 20 : undefined);
const tokenizer = BytePairTokenizer.train(halves.first.training, {
  vocabSize: smoke ? 300 : 1024,
  specialTokens: [],
});
const first = encode(halves.first);
const second = encode(halves.second);

const random = new Random(options.seed);
const size = smoke ? { layers: 1, heads: 2, width: 32 } : { layers: 3, heads: 4, width: 128 };
const model = new Gpt(
  { ...size, vocabSize: tokenizer.vocabSize, contextLength: 64, activation: "geluTanh" },
  { random: random.fork("model") },
);
const pretraining = { steps: smoke ? 200 : 4000, learningRate: 2e-3, random: random.fork("base") };
const tuning = { steps: smoke ? 100 : 1000, learningRate: 1e-3, random: random.fork("tuning") };

const losses: number[] = [];
for await (const { loss } of learn("base", model, { ...pretraining, ...first })) losses.push(loss);
const base = await savePretrained(model);

const tuned = await open(base);
const full = await best(learn("full fine-tuning", tuned, { ...tuning, ...second }), () =>
  savePretrained(tuned),
);

const adapted = await open(base);
addLora(adapted, { match: /./, rank: smoke ? 2 : 10, random: random.fork("adapters") });
const adapters = await best(learn("LoRA", adapted, { ...tuning, ...second, learningRate: 1e-2 }), () =>
  writeLora(adapted),
);
const restored = await open(base);
readLora(restored, adapters.kept);

const control = await open(base);
for await (const { step } of learn("further steps", control, { ...tuning, ...first })) {
  if (step === full.step) break;
}

const rows = [
  await examine("base", model, sizeOf(base)),
  await examine(`base, ${full.step} steps more`, control, sizeOf(base)),
  await examine(`full, ${full.step} steps`, await open(full.kept), sizeOf(full.kept)),
  await examine(`LoRA, ${adapters.step} steps`, restored, adapters.kept.length),
] as const;
const findings = judge(rows, losses.at(-2)! - losses.at(-1)!);
console.log(`\n${tableOf(rows)}\n`);
for (const { holds, text } of findings) console.log(`${holds ? "yes" : "no "}  ${text}`);
process.exitCode = findings.every(({ holds }) => holds) ? 0 : 1;
runtime.dispose();

function encode({ training, validation, test }: Half): Half<Int32Array> {
  return {
    training: tokenizer.encode(training),
    validation: tokenizer.encode(validation),
    test: tokenizer.encode(test),
  };
}

/** A model of its own from what was saved. */
async function open({ files }: MemoryFolder): Promise<Gpt> {
  return (await loadPretrained(filesSource(files))).model;
}

function sizeOf({ files }: MemoryFolder): number {
  return Object.values(files).reduce((sum, { length }) => sum + length, 0);
}

/** How well a model does on what it has not learnt from, and what it took. */
async function examine(title: string, model: Gpt, bytes: number): Promise<Row> {
  return {
    title,
    first: (await evaluate(model, first.test)).loss,
    second: (await evaluate(model, second.test)).loss,
    trained: countParameters(model),
    bytes,
  };
}
