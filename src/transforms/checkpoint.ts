import { ArgumentError } from "../errors.ts";
import { defaultRuntime } from "../runtime/default.ts";
import type { Observer, Runtime } from "../runtime/runtime.ts";
import type { Storage } from "../runtime/storage.ts";
import { aliasOf, leafOf } from "../tensor/alias.ts";
import { gradientsOf } from "../tensor/backward.ts";
import { type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { floatsIn, isTensor, withNewHandles } from "./support/structure.ts";

/**
 * f, which keeps nothing for backward but what it reads from outside, and is run again when its gradient is
 * wanted: memory for time. Gradients reach every tensor that f reads: arguments, parameters of models,
 * whatever it closes over. Chen et al. 2016, "Training deep nets with sublinear memory cost". The second run
 * computes no further than backward looks: of a block's last product only the operands.
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

/**
 * Runs f in a scope of its own, and records how to run it again. What it records itself, so that it does the
 * same as the second time, goes with the scope.
 */
function runAndForget<Y>(runtime: Runtime, f: () => Y): Y {
  const outside = new Outside(runtime);
  // Handles of our own, because f may return a tensor that is not its own, or one twice.
  const result = outside.whileObserving(() => runtime.scope(() => withNewHandles("checkpoint", f())));
  const noted = [...outside.noted];
  const outputs = floatsIn(result);
  if (outputs.length === 0 || noted.length === 0) return result;
  const tracked = noted.filter(({ node }) => node !== null).length;
  const constants = { f, noted, tracked, calls: outside.callsNeeded, depth: runtime.transformDepth };
  record(outputs, checkpointRule, { inputs: noted, saved: noted, constants });
  return result;
}

/** Notes which tensors are read that were not made meanwhile, and how far backward will look. */
class Outside implements Observer {
  readonly noted = new Set<Tensor>();
  readonly #runtime: Runtime;
  readonly #outer: Observer | null;
  readonly #start: number;
  readonly #inside = new WeakSet<object>();
  /** How many calls of kernels there had been when an op last read what stands there: it was complete by then. */
  readonly #complete = new WeakMap<Storage, number>();
  #needed: number;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
    this.#outer = runtime.observer;
    this.#start = this.#needed = runtime.kernelCalls.count;
  }

  /** Calls of kernels after which all is there that was saved, or seen without a kernel. */
  get callsNeeded(): number {
    return this.#needed - this.#start;
  }

  born(tensor: object): void {
    this.#inside.add(tensor);
    this.#outer?.born(tensor);
  }

  read(tensor: object): void {
    if (isTensor(tensor)) {
      if (this.#inside.has(tensor)) this.#complete.set(tensor.storage, this.#runtime.kernelCalls.count);
      else this.noted.add(tensor);
    }
    this.#outer?.read(tensor);
  }

  saved(tensors: readonly object[]): void {
    for (const tensor of tensors) {
      if (!isTensor(tensor) || !this.#inside.has(tensor)) continue;
      const complete = this.#complete.get(tensor.storage) ?? this.#runtime.kernelCalls.count;
      this.#needed = Math.max(this.#needed, complete);
    }
    this.#outer?.saved(tensors);
  }

  touched(): void {
    this.#needed = this.#runtime.kernelCalls.count;
    this.#outer?.touched();
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

  whileObserving<T>(body: () => T): T {
    this.#runtime.observer = this;
    try {
      return body();
    } finally {
      this.#runtime.observer = this.#outer;
    }
  }
}

interface Checkpointed {
  readonly f: () => unknown;
  /** The handles that f read; perhaps dead by now. f knows them by identity. */
  readonly noted: readonly Tensor[];
  /** How many of them wanted a gradient. */
  readonly tracked: number;
  /** How many calls of kernels backward needs. */
  readonly calls: number;
  readonly depth: number;
}

const checkpointRule: Rule<Checkpointed> = {
  op: "checkpoint",
  backward(dy, { saved, constants: { f, noted, tracked, calls, depth }, needs }) {
    const { runtime } = saved[0]!;
    const createGraph = runtime.recording;
    // Only if f is recorded as it was are its calls the same ones; a graph of the gradient reads every result.
    const same = !createGraph && !runtime.detectAnomaly && needs.filter(Boolean).length === tracked;
    const standIns = saved.map((tensor, i) => {
      // With createGraph the gradient depends on what it is not with respect to, and keeps that tracked.
      if (createGraph) return needs[i] ? aliasOf(tensor) : tensor;
      return needs[i] ? leafOf(tensor) : tensor.alias();
    });
    const again = () => runRecorded(runtime, f, depth, same ? calls : Number.POSITIVE_INFINITY);
    // With createGraph the inner graph reads what f made, so no scope closes before its backward.
    const results = whileExchanged(noted, standIns, createGraph ? again : () => runtime.scope(again));
    // Where f returns a handle that was exchanged, the result is what it stood for.
    const outputs = results.map((result) => standIns[noted.indexOf(result)] ?? result);
    const wanted = standIns.filter((_, i) => needs[i]);
    const gradients = gradientsOf(outputs, dy, wanted, { createGraph });
    return standIns.map((standIn) => gradients[wanted.indexOf(standIn)] ?? null);
  },
};

/** Runs f, of which only the first `calls` of kernels are made. */
function runRecorded(runtime: Runtime, f: () => unknown, depth: number, calls: number): Tensor[] {
  const { transformDepth, kernelCalls } = runtime;
  const { end } = kernelCalls;
  runtime.transformDepth = depth;
  kernelCalls.end = Math.min(end, kernelCalls.count + calls);
  try {
    return floatsIn(runtime.withRecording(true, f));
  } finally {
    runtime.transformDepth = transformDepth;
    kernelCalls.end = end;
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
