/**
 * Learns how English words are said: an encoder-decoder reads letters and writes phonemes. It learns from the CMU
 * pronouncing dictionary but for 1,000 words, and is examined on those.
 */
import { Command, InvalidArgumentError } from "commander";
import { countParameters, createRuntime, errorRates, Random, Seq2Seq, setDefaultRuntime } from "lanegrad";
import { threads } from "lanegrad/threads";
import { Alphabet, hashOf, pairsOf, readWords, splitWords, symbols, type Word } from "./dictionary.ts";
import { learn } from "./learn.ts";
import { pronounceGreedily, pronounceWithBeams } from "./pronounce.ts";

const BEAMS = 4;
/** Steps of the smoke configuration. */
const SMOKE_STEPS = 300;
/** Words of the test that are shown with what the model says. */
const SHOWN = 8;

interface Options {
  readonly minutes: number;
  readonly steps?: number;
  readonly threads: number;
  readonly seed: number;
  readonly smoke?: true;
}

const options = new Command("npm run example -- g2p")
  .description("trains an encoder-decoder to turn letters into phonemes")
  .option("--minutes <number>", "time for the training; building and scoring take another half", positive, 14)
  .option("--steps <count>", "so many steps in whatever time, which give the same everywhere", positive)
  .option("--threads <count>", "at work", Number, 2)
  .option("--seed <number>", "of the weights, the batches and dropout", Number, 1)
  .option("--smoke", "few words and a small model: a few seconds")
  .parse()
  .opts<Options>();

const runtime = createRuntime({ threads: threads(options.threads) });
setDefaultRuntime(runtime);
await runtime.ready;

const words = readWords().filter(({ spelling }) => !options.smoke || spelling.length <= 4);
const { training, validation, test } = options.smoke
  ? splitWords(words, 100, 50)
  : splitWords(words, 1000, 500);
const letters = new Alphabet(words.map(({ spelling }) => spelling));
const phonemes = new Alphabet(words.flatMap(({ pronunciations }) => pronunciations));
const pairs = pairsOf(training, letters, phonemes);

const sequences = words.flatMap(({ spelling, pronunciations }) => [spelling, ...pronunciations]);
const longest = sequences.reduce((most, { length }) => Math.max(most, length), 0);

const random = new Random(options.seed);
const size = options.smoke ? { layers: 1, heads: 2, width: 64 } : { layers: 2, heads: 4, width: 128 };
/** Words; 192 have about 3,000 letters and phonemes. */
const batch = options.smoke ? 32 : 192;
const model = new Seq2Seq(
  {
    ...size,
    ...symbols,
    sourceVocabSize: letters.size,
    targetVocabSize: phonemes.size,
    contextLength: 1 + longest,
    normOrder: "pre",
    dropout: 0.1,
  },
  { random: random.fork("model") },
);

const amount = (value: number) => value.toLocaleString("en");
const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
const list = hashOf(test.map(({ spelling }) => spelling).join("\n")).slice(0, 16);
console.log(`${amount(pairs.length)} pronunciations to learn, ${amount(countParameters(model))} parameters`);
console.log(`${amount(test.length)} words for the test, their list's hash begins with ${list}`);

const steps = await learn(model, pairs, {
  batch,
  minutes: options.minutes,
  steps: options.steps ?? (options.smoke ? SMOKE_STEPS : undefined),
  random: random.fork("learning"),
  examine() {
    const { symbolErrorRate } = scoresOf(pronounceGreedily(model, sourcesOf(validation)), validation);
    return `${percent(symbolErrorRate)} of phonemes wrong in validation`;
  },
});
const greedy = pronounceGreedily(model, sourcesOf(test));
const best = await pronounceWithBeams(model, sourcesOf(test), BEAMS);
console.log(`\n${`after ${amount(steps)} steps`.padEnd(20)}phoneme error rate  word error rate`);
console.log(tableRow("greedy", greedy));
console.log(tableRow(`beam of ${BEAMS}`, best));
console.log("\nword                said as, the dictionary's where it is another");
for (const [i, { spelling, pronunciations }] of test.slice(0, SHOWN).entries()) {
  const said = phonemes.decode(best[i]!).join(" ");
  const known = pronunciations.map((pronunciation) => pronunciation.join(" "));
  console.log(`${spelling.padEnd(20)}${said}${known.includes(said) ? "" : `   (${known.join(", ")})`}`);
}
runtime.dispose();

function positive(text: string): number {
  if (Number(text) > 0) return Number(text);
  throw new InvalidArgumentError("Wanted a number above 0.");
}

function scoresOf(said: readonly number[][], words: readonly Word[]) {
  const references = words.map(({ pronunciations }) => pronunciations.map((known) => phonemes.encode(known)));
  return errorRates<number>(said, references);
}

function tableRow(title: string, said: readonly number[][]): string {
  const { symbolErrorRate, sequenceErrorRate } = scoresOf(said, test);
  return title.padEnd(20) + percent(symbolErrorRate).padStart(18) + percent(sequenceErrorRate).padStart(17);
}

function sourcesOf(words: readonly Word[]): Int32Array[] {
  return words.map(({ spelling }) => letters.encode(spelling));
}
