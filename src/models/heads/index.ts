export type {
  Body,
  HeadConfig,
  HeadContext,
  HeadInputs,
  HeadOptions,
  LabelledBatch,
  Summary,
} from "./body.ts";
export { MultipleChoice } from "./multipleChoice.ts";
export { PairClassifier } from "./pairClassifier.ts";
export { SequenceClassifier } from "./sequenceClassifier.ts";
export type { TaskHead } from "./taskHead.ts";
export { TokenClassifier } from "./tokenClassifier.ts";
