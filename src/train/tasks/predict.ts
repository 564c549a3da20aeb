import type { HeadInputs } from "../../models/heads/body.ts";
import { checkWhole } from "../../models/transformerConfig.ts";
import { argmax } from "../../ops/argmax.ts";
import { Breath } from "../../runtime/breath.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type Example, labelledBatch } from "./exampleBatches.ts";

/** What `predictClasses` asks of a model: every task head has it. */
export interface Classifying {
  readonly runtime: Runtime;
  /** → logits, one row for each example or for each token */
  forward(inputs: HeadInputs): Tensor;
}

export interface PredictOptions {
  /** Fills rows up behind their ends. */
  readonly paddingToken: number;
  /** Examples run at once. Default 32. */
  readonly batch?: number;
  /** Stops between batches by throwing the signal's reason. */
  readonly signal?: AbortSignal;
}

/** The likeliest class of each example, in their order. */
export async function predictClasses(
  model: Classifying,
  examples: readonly Omit<Example, "label">[],
  options: PredictOptions,
): Promise<Int32Array> {
  const batches: Int32Array[] = [];
  await forEachBatch(model, examples, options, (classes) => batches.push(classes));
  return Int32Array.from(batches.flatMap((classes) => [...classes]));
}

/** The likeliest class of each token of each example, in their order. */
export async function predictTokenClasses(
  model: Classifying,
  examples: readonly (Omit<Example, "label"> & { readonly tokens: Int32Array })[],
  options: PredictOptions,
): Promise<Int32Array[]> {
  const rows: Int32Array[] = [];
  await forEachBatch(model, examples, options, (classes, first, [count, time]) => {
    for (let row = 0; row < count!; row++) {
      rows.push(classes.slice(row * time!, row * time! + examples[first + row]!.tokens.length));
    }
  });
  return rows;
}

async function forEachBatch(
  model: Classifying,
  examples: readonly Omit<Example, "label">[],
  { paddingToken, batch = 32, signal }: PredictOptions,
  visit: (classes: Int32Array, first: number, shape: readonly number[]) => void,
): Promise<void> {
  checkWhole("predict", "batch", batch);
  const { runtime } = model;
  const breath = new Breath();
  for (let first = 0; first < examples.length; first += batch) {
    await breath.take(signal);
    const chosen = examples.slice(first, first + batch).map((example) => ({ ...example, label: 0 }));
    const { classes, shape } = runtime.withRecording(false, () =>
      runtime.scope(() => {
        const found = argmax(model.forward(labelledBatch(chosen, { paddingToken, runtime })), { axis: -1 });
        return { classes: Int32Array.from(found.toTypedArray()), shape: found.shape };
      }),
    );
    visit(classes, first, shape);
  }
}
