import { basename, relative } from "node:path";
import { NonFiniteError } from "../errors.ts";
import { generate } from "../generation/generate.ts";
import { countParameters } from "../nn/parameters.ts";
import { appendMetrics, findCheckpoint, saveCheckpoint } from "../platform/checkpointFolder.ts";
import { Random } from "../random.ts";
import { defaultRuntime } from "../runtime/default.ts";
import { writeCheckpoint } from "../train/checkpoint.ts";
import { estimateLoss } from "../train/evaluate.ts";
import { type TrainStep, train } from "../train/train.ts";
import { INTERRUPTED, type Interrupt, watchInterrupt } from "./interrupt.ts";
import { type LossPoint, lossCurve } from "./lossCurve.ts";
import type { Metrics } from "./metrics.ts";
import { makeReport, type Report } from "./report.ts";
import { defaultPrompt } from "./savedModel.ts";
import { horizonOf, writeTrainer } from "./settings.ts";
import { begin, type Run, resume, type TrainArguments } from "./start.ts";
import { kindOf, tokenizerFiles } from "./tokenizer.ts";

/** Batches over which the validation loss is estimated while training. */
const VALIDATION_BATCHES = 20;
/** Checkpoints kept besides the best. */
const KEPT_CHECKPOINTS = 3;
const SAMPLE_TOKENS = 300;

/** `lanegrad train`; resolves to the exit code. */
export async function trainCommand(given: TrainArguments): Promise<number> {
  const run = given.resume === undefined ? begin(given) : resume(given, given.resume);
  console.log(describe(run));
  const report = makeReport(run.optimizer.step, run.stopAt, process.stdout);
  const interrupt = watchInterrupt(() => report.stop());
  try {
    const losses = await trainOn(run, report, interrupt);
    report.stop();
    const checkpoint = losses.length === 0 && run.from !== null ? run.from : save(run);
    return await show(run, losses, checkpoint, interrupt, given.json === true);
  } catch (error) {
    report.stop();
    if (!(error instanceof NonFiniteError)) throw error;
    throw new NonFiniteError("training stopped", `${error.message}; ${whatStays(run.folder)}`);
  } finally {
    interrupt.stop();
  }
}

function describe({ model, corpus, tokenizer, settings, optimizer, stopAt }: Run): string {
  const { layers, heads, width, contextLength } = model.config;
  const amount = (value: number) => value.toLocaleString("en");
  const kind = kindOf(tokenizer) === "bpe" ? "byte-pair tokens" : "different ones";
  const vocabulary = `${amount(tokenizer.vocabSize)} ${kind}`;
  return [
    `model   ${amount(countParameters(model))} parameters: ${layers} layers, ${heads} heads, width ${width}, context ${contextLength}`,
    `corpus  ${basename(corpus.name)}, ${amount(corpus.text.length)} characters, ${vocabulary}`,
    `run     steps ${optimizer.step} to ${stopAt}, batch ${settings.batch}, seed ${settings.seed}, ${defaultRuntime().build} kernels`,
  ].join("\n");
}

/** Trains to the end, to --stop-at or to Ctrl-C, saving at each evaluation. Gives the loss of each step. */
async function trainOn(run: Run, report: Report, interrupt: Interrupt): Promise<LossPoint[]> {
  const { settings, model, optimizer, stopAt } = run;
  const { schedule, clipNorm, evalEvery } = settings;
  const losses: LossPoint[] = [];
  let fresh: TrainStep[] = [];
  const options = { optimizer, schedule, clipNorm, steps: stopAt };
  for await (const step of train(model, run.batches.training, options)) {
    losses.push([step.step, step.loss]);
    fresh.push(step);
    report.step(step.step, step.loss, speedOf(fresh));
    if (step.step % evalEvery === 0 || step.step === stopAt) {
      report.evaluated(await evaluateRun(run, fresh));
      save(run);
      fresh = [];
    }
    if (interrupt.asked) break;
  }
  return losses;
}

/** Adds an evaluation to the metrics: before the checkpoint is saved, so that no checkpoint is without its line. */
async function evaluateRun(run: Run, fresh: readonly TrainStep[]): Promise<Metrics> {
  const { step, learningRate } = fresh.at(-1)!;
  const validationLoss = await estimateLoss(run.model, run.batches.validation, VALIDATION_BATCHES);
  if (!Number.isFinite(validationLoss)) {
    throw new NonFiniteError(`step ${step}`, `the validation loss is ${validationLoss}`);
  }
  if (run.best === null || validationLoss < run.best.validationLoss) run.best = { step, validationLoss };
  const trainLoss = fresh.reduce((sum, { loss }) => sum + loss, 0) / fresh.length;
  const metrics = { step, trainLoss, validationLoss, learningRate, tokensPerSecond: speedOf(fresh) };
  run.evaluations.push(metrics);
  appendMetrics(run.folder, { ...metrics });
  return metrics;
}

/** Tokens per second over several steps. */
function speedOf(steps: readonly TrainStep[]): number {
  return steps.length / steps.reduce((time, { tokensPerSecond }) => time + 1 / tokensPerSecond, 0);
}

/** Saves what the optimizer has reached and returns the folder; the same bytes are not written again. */
function save({ folder, settings, model, optimizer, tokenizer, best }: Run): string {
  const { step } = optimizer;
  const kernelBuild = defaultRuntime().build;
  const trainer = writeTrainer(step, { settings, best, kernelBuild, tokenizer });
  const files = { ...writeCheckpoint(model, optimizer, trainer), ...tokenizerFiles(tokenizer) };
  const kept = { keep: KEPT_CHECKPOINTS, ...(best ? { best: best.step } : {}) };
  return saveCheckpoint(folder, step, files, kept);
}

/** The end of a run: its curve, a sample and where it lies; after Ctrl-C only the latter. */
async function show(
  run: Run,
  losses: readonly LossPoint[],
  checkpoint: string,
  interrupt: Interrupt,
  json: boolean,
): Promise<number> {
  const finished = run.optimizer.step === run.stopAt;
  let sample = "";
  if (finished) {
    const curve = lossCurve(run.evaluations, losses, process.stdout.columns ?? 80);
    if (curve !== "") console.log(`\n${curve}`);
    sample = await sampleText(run, interrupt);
    console.log(`\n--- sample ---\n${sample}\n--------------\n`);
  }
  const path = shownPath(checkpoint);
  if (finished) console.log(`checkpoint: ${path}`);
  else console.log(`stopped after step ${run.optimizer.step}, saved in ${path}`);
  if (run.optimizer.step < horizonOf(run.settings))
    console.log(`go on with: ${commandToGoOn(run.folder, checkpoint)}`);
  if (json) {
    const { step: _, ...metrics } = run.evaluations.at(-1) ?? { step: 0 };
    console.log(JSON.stringify({ step: run.optimizer.step, ...metrics, checkpoint, sample }));
  }
  return interrupt.asked ? INTERRUPTED : 0;
}

async function sampleText({ model, tokenizer, settings }: Run, interrupt: Interrupt): Promise<string> {
  const prompt = tokenizer.encode(defaultPrompt(tokenizer));
  const random = new Random(settings.seed).fork("sample");
  const ids: number[] = [];
  for await (const { token } of generate(model, prompt, { tokens: SAMPLE_TOKENS, random })) {
    ids.push(token);
    if (interrupt.asked) break;
  }
  return tokenizer.decode(ids);
}

/** Names the step where the run folder alone would lead to a later one, saved before somebody went back. */
function commandToGoOn(runFolder: string, checkpoint: string): string {
  const folder = findCheckpoint(runFolder) === checkpoint ? runFolder : checkpoint;
  const script = process.argv[1] ?? "lanegrad";
  const program = basename(script) === "lanegrad" ? "lanegrad" : `node ${quoted(shownPath(script))}`;
  const command = process.env.npm_lifecycle_event === "start" ? "npm start --" : `${program} train`;
  return `${command} --resume ${quoted(shownPath(folder))}`;
}

function whatStays(runFolder: string): string {
  const last = findCheckpoint(runFolder);
  return last === null ? "no checkpoint was saved yet" : `the last checkpoint stays: ${shownPath(last)}`;
}

/** The shorter of the ways to write a path. */
function shownPath(path: string): string {
  const near = relative(process.cwd(), path) || ".";
  return near.startsWith("..") ? path : near;
}

/** For a shell. */
const quoted = (path: string) => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);
