export {
  type Example,
  ExampleBatches,
  type ExampleBatchesOptions,
  type LabelledBatchOptions,
  labelledBatch,
} from "./exampleBatches.ts";
export { type Classifying, type PredictOptions, predictClasses, predictTokenClasses } from "./predict.ts";
export { TaskInputs, type TaskSymbols } from "./taskInputs.ts";
