/** Three ways to tell the class of a text: two of them begin with a `Bert`, the third counts symbols. */
import {
  add,
  argmax,
  type Bert,
  balancedAccuracy,
  type Classes,
  dispose,
  div,
  type Example,
  ExampleBatches,
  log,
  matmul,
  oneHot,
  predictClasses,
  type Random,
  SequenceClassifier,
  scope,
  sum,
  tensor,
} from "lanegrad";
import { learn } from "./learn.ts";

/** A text and its class. */
export interface LabelledText extends Example {
  readonly tokens: Int32Array;
  readonly label: number;
}

export interface Task {
  /** What is learnt from. */
  readonly labelled: readonly LabelledText[];
  /** What chooses the learning rate. */
  readonly validation: readonly LabelledText[];
  readonly test: readonly LabelledText[];
  readonly classes: number;
  readonly paddingToken: number;
}

export interface Tuning {
  readonly title: string;
  /** Each is tried. */
  readonly learningRates: readonly number[];
  readonly steps: number;
  readonly batch: number;
  /** Key of the head, the order of the texts and dropout. */
  readonly random: Random;
}

/** A classifier and the learning rate that made it. */
export interface Tuned {
  readonly classifier: SequenceClassifier;
  readonly learningRate: number;
  /** Balanced accuracy in validation. */
  readonly accuracy: number;
}

/** Tunes a body and a new head once with each learning rate, and keeps what is best in validation. */
export async function tune(begin: () => Bert, task: Task, tuning: Tuning): Promise<Tuned> {
  let best: Tuned | undefined;
  for (const learningRate of tuning.learningRates) {
    const classifier = await tuneOnce(begin(), task, { ...tuning, learningRate });
    const told = await predictClasses(classifier, task.validation, task);
    const accuracy = balancedAccuracy(labelsOf(task.validation), told);
    const isBest = !best || accuracy > best.accuracy;
    const other = isBest ? best?.classifier : classifier;
    if (isBest) best = { classifier, learningRate, accuracy };
    if (other) dispose(other);
  }
  return best!;
}

async function tuneOnce(
  body: Bert,
  { labelled, classes, paddingToken }: Task,
  { batch, random, ...learning }: Tuning & { readonly learningRate: number },
): Promise<SequenceClassifier> {
  const classifier = new SequenceClassifier(body, classes, { random: random.fork("head") });
  const options = { batch, paddingToken, random: random.fork("order"), bucketed: true };
  const batches = new ExampleBatches(labelled, options);
  await learn(classifier, classifier.loss.bind(classifier), batches, {
    ...learning,
    random: random.fork("dropout"),
  });
  return classifier;
}

/**
 * Multinomial naive Bayes: how often a class was met with each symbol, and once more, says how likely it makes a
 * text. All classes are taken to be equally frequent.
 */
export function tellByCounts({ labelled, test, classes }: Task, vocabSize: number): Classes {
  return scope(() => {
    const labels = tensor(Int32Array.from(labelsOf(labelled)));
    const met = matmul(oneHot(labels, classes), countsOf(labelled, vocabSize), { transposeA: true });
    const counts = add(met, 1);
    const logProbabilities = log(div(counts, sum(counts, { axis: 1, keepDims: true })));
    const logLikelihoods = matmul(countsOf(test, vocabSize), logProbabilities, { transposeB: true });
    return argmax(logLikelihoods, { axis: -1 }).toTypedArray();
  });
}

/** How often each text has each symbol: [N, V] */
function countsOf(texts: readonly LabelledText[], vocabSize: number) {
  const counts = new Float32Array(texts.length * vocabSize);
  texts.forEach(({ tokens }, row) => {
    for (const token of tokens) counts[row * vocabSize + token]!++;
  });
  return tensor(counts, { shape: [texts.length, vocabSize] });
}

/** Draws `count` texts, equally many of each class. */
export function drawEvenly(
  texts: readonly LabelledText[],
  { count, classes, random }: { readonly count: number; readonly classes: number; readonly random: Random },
): LabelledText[] {
  const numbered = texts.map((text, i) => ({ text, number: random.uniform(i) }));
  const drawn = numbered.sort((a, b) => a.number - b.number).map(({ text }) => text);
  const drawnOf = (label: number) => drawn.filter((text) => text.label === label).slice(0, count / classes);
  return Array.from({ length: classes }, (_, label) => drawnOf(label)).flat();
}

export function labelsOf(texts: readonly LabelledText[]): number[] {
  return texts.map(({ label }) => label);
}
