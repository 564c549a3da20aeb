import { ArgumentError } from "../errors.ts";
import { defaultRuntime } from "../runtime/default.ts";
import type { Observer, Runtime } from "../runtime/runtime.ts";
import { aliasOf, leafOf } from "../tensor/alias.ts";
import { gradientsOf } from "../tensor/backward.ts";
import { type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { floatsIn, isTensor, withNewHandles } from "./support/structure.ts";

/**
 * f, which keeps nothing for backward but what it reads from outside, and is run again when its gradient is
 * wanted: memory for time. Gradients reach every tensor that f reads: arguments, parameters of models,
 * whatever it closes over. Chen et al. 2016, "Training deep nets with sublinear memory cost".
 *
 * f must do the same again: draw from a `Random` (the same key draws the same), and write to no tensor that
 * it did not make.
 *
 * ```ts
 * for (const block of blocks) x = checkpoint((h: Tensor) => block.forward(h))(x);
 * ```
 */
export function checkpoint<Xs extends readonly unknown[], Y>(f: (...xs: Xs) => Y): (...xs: Xs) => Y {
  return (...xs) => {
    const runtime = floatsIn(xs)[0]?.runtime ?? defaultRuntime();
    return runtime.recording ? runAndForget(runtime, () => f(...xs)) : f(...xs);
  };
}

/** Runs f unrecorded, in a scope of its own, and records how to run it again. */
function runAndForget<Y>(runtime: Runtime, f: () => Y): Y {
  const outside = new Outside(runtime.observer);
  const result = outside.whileObserving(runtime, () =>
    // Handles of our own, because f may return a tensor that is not its own, or one twice.
    runtime.scope(() => withNewHandles("checkpoint", runtime.withRecording(false, f))),
  );
  const noted = [...outside.noted];
  const outputs = floatsIn(result);
  if (outputs.length === 0 || noted.length === 0) return result;
  const constants = { f, noted, depth: runtime.transformDepth };
  record(outputs, checkpointRule, { inputs: noted, saved: noted, constants });
  return result;
}

/** Notes which tensors are read that were not made meanwhile. */
class Outside implements Observer {
  readonly noted = new Set<Tensor>();
  readonly #inside = new WeakSet<object>();
  readonly #outer: Observer | null;

  constructor(outer: Observer | null) {
    this.#outer = outer;
  }

  born(tensor: object): void {
    this.#inside.add(tensor);
    this.#outer?.born(tensor);
  }

  read(tensor: object): void {
    if (isTensor(tensor) && !this.#inside.has(tensor)) this.noted.add(tensor);
    this.#outer?.read(tensor);
  }

  write(op: string, tensor: object): void {
    if (!this.#inside.has(tensor)) {
      throw new ArgumentError(
        "checkpoint",
        "a function that writes to no tensor from outside",
        `${op} of one`,
      );
    }
    this.#outer?.write(op, tensor);
  }

  whileObserving<T>(runtime: Runtime, body: () => T): T {
    runtime.observer = this;
    try {
      return body();
    } finally {
      runtime.observer = this.#outer;
    }
  }
}

interface Checkpointed {
  readonly f: () => unknown;
  /** The handles that f read; perhaps dead by now. f knows them by identity. */
  readonly noted: readonly Tensor[];
  readonly depth: number;
}

const checkpointRule: Rule<Checkpointed> = {
  op: "checkpoint",
  backward(dy, { saved, constants: { f, noted, depth }, needs }) {
    const { runtime } = saved[0]!;
    const createGraph = runtime.recording;
    const standIns = saved.map((tensor, i) => {
      // With createGraph the gradient depends on what it is not with respect to, and keeps that tracked.
      if (createGraph) return needs[i] ? aliasOf(tensor) : tensor;
      return needs[i] ? leafOf(tensor) : tensor.alias();
    });
    const again = () => runRecorded(runtime, f, depth);
    // With createGraph the inner graph reads what f made, so no scope closes before its backward.
    const results = whileExchanged(noted, standIns, createGraph ? again : () => runtime.scope(again));
    // Where f returns a handle that was exchanged, the result is what it stood for.
    const outputs = results.map((result) => standIns[noted.indexOf(result)] ?? result);
    const wanted = standIns.filter((_, i) => needs[i]);
    const gradients = gradientsOf(outputs, dy, wanted, { createGraph });
    return standIns.map((standIn) => gradients[wanted.indexOf(standIn)] ?? null);
  },
};

function runRecorded(runtime: Runtime, f: () => unknown, depth: number): Tensor[] {
  const before = runtime.transformDepth;
  runtime.transformDepth = depth;
  try {
    return floatsIn(runtime.withRecording(true, f));
  } finally {
    runtime.transformDepth = before;
  }
}

/** Lets each noted handle stand for its stand-in, alive or not, while f looks at it. */
function whileExchanged<T>(noted: readonly Tensor[], standIns: readonly Tensor[], body: () => T): T {
  const exchange = () => {
    noted.forEach((tensor, i) => {
      tensor.exchange(standIns[i]!);
    });
  };
  exchange();
  try {
    return body();
  } finally {
    exchange();
  }
}
