/**
 * Learns to sort: a small GPT reads a sequence of three symbols and writes the same in order, the demonstration of
 * Karpathy's minGPT. It learns from sequences drawn at random, and ends when it sorts every one.
 */
import { Command } from "commander";
import {
  AdamW,
  type Batch,
  type Batches,
  crossEntropy,
  Gpt,
  generateBatch,
  type LossFunction,
  parameters,
  Random,
  tensor,
  train,
} from "lanegrad";

const SYMBOLS = 3;
const BATCH = 64;
const EXAMINE_EVERY = 50;
/** A target that is not asked for: before its end, nobody can know how a sequence goes on. */
const IGNORED = -1;

interface Options {
  readonly seed: number;
  readonly steps: number;
  /** Three symbols instead of six, and a smaller model: a few seconds. */
  readonly smoke?: true;
}

const options = new Command("npm run example -- sort")
  .description("trains a GPT until it sorts every sequence of six symbols out of three")
  .option("--seed <number>", "of the weights and the batches", Number, 1)
  .option("--steps <count>", "give up after so many", Number, 2_000)
  .option("--smoke", "sequences of three and a smaller model: a few seconds")
  .parse()
  .opts<Options>();

const random = new Random(options.seed);
const length = options.smoke ? 3 : 6;
const size = options.smoke ? { layers: 2, heads: 2, width: 32 } : { layers: 3, heads: 3, width: 48 };
const model = new Gpt(
  { ...size, vocabSize: SYMBOLS, contextLength: 2 * length - 1 },
  { random: random.fork("model") },
);

const sequences = allSequences(length);

/**
 * What the model reads, and what is to follow each symbol:
 *
 *   inputs    2 0 1 0 1
 *   targets   - - 0 1 2
 */
const batches: Batches = {
  tokensPerBatch: BATCH * (2 * length - 1),
  at(step) {
    const draws = random.fork("batches").fork(step);
    const chosen = Array.from(
      { length: BATCH },
      (_, row) => sequences[draws.integer(row, 0, sequences.length)]!,
    );
    return {
      inputs: matrix(chosen.map((sequence) => [...sequence, ...sort(sequence)].slice(0, -1))),
      targets: matrix(chosen.map((sequence) => [...sequence.slice(1).fill(IGNORED), ...sort(sequence)])),
    };
  },
};

const optimizer = new AdamW(parameters(model), { learningRate: 1e-3 });
const loss: LossFunction<Batch> = ({ inputs, targets }, context) =>
  crossEntropy(model.forward(inputs, context), targets, { ignoreIndex: IGNORED });

let sorted = 0;
for await (const step of train(loss, batches, { optimizer, steps: options.steps, clipNorm: 1 })) {
  if (step.step % EXAMINE_EVERY !== 0 && step.step !== options.steps) continue;
  sorted = await countSorted();
  console.log(
    `step ${step.step}  loss ${step.loss.toFixed(5)}  sorted ${sorted} of ${sequences.length} sequences`,
  );
  if (sorted === sequences.length) break;
}
process.exitCode = sorted === sequences.length ? 0 : 1;

/** 000, 001, 002, 010, … as lists of digits. */
function allSequences(digits: number): number[][] {
  if (digits === 0) return [[]];
  const firsts = Array.from({ length: SYMBOLS }, (_, symbol) => symbol);
  return firsts.flatMap((first) => allSequences(digits - 1).map((rest) => [first, ...rest]));
}

function sort(sequence: readonly number[]): number[] {
  return [...sequence].sort((a, b) => a - b);
}

function matrix(rows: readonly (readonly number[])[]) {
  return tensor(Int32Array.from(rows.flat()), { shape: [rows.length, rows[0]!.length] });
}

/** How many of all sequences the model sorts when it always writes the likeliest symbol. */
async function countSorted(): Promise<number> {
  const written = sequences.map((): number[] => []);
  const greedy = { tokens: length, temperature: 0, random };
  for await (const { row, token } of generateBatch(model, sequences, greedy)) written[row]!.push(token);
  return sequences.filter((sequence, i) => `${written[i]}` === `${sort(sequence)}`).length;
}
