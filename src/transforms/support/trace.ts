import { ArgumentError, ShapeError } from "../../errors.ts";
import { defaultRuntime } from "../../runtime/default.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { aliasOf, leafOf } from "../../tensor/alias.ts";
import { gradientsOf } from "../../tensor/backward.ts";
import { onesLike, zerosLike } from "../../tensor/create.ts";
import { copyOf } from "../../tensor/gradients.ts";
import { operands } from "../../tensor/record.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { fitting, floatsIn, isRecord, isTensor, trainable } from "./structure.ts";

/** Options of every transform. */
export interface TransformOptions {
  /**
   * Let the result itself be differentiated, by `backward` too; it then keeps the whole graph alive.
   * Default: only within another transform, which needs it.
   */
  readonly createGraph?: boolean;
}

/**
 * Runs the body of a transform. The outermost one frees all but its result. An inner one is itself being
 * recorded: its graph and what its graph reads belong to the outer one.
 */
export function transform<T>(
  xs: unknown,
  { createGraph }: TransformOptions,
  body: (context: Context) => T,
): T {
  const runtime = floatsIn(xs)[0]?.runtime ?? defaultRuntime();
  const differentiable = createGraph ?? (runtime.recording && runtime.transformDepth > 0);
  const run = () => body({ runtime, differentiable });
  return differentiable ? run() : runtime.scope(run);
}

export interface Context {
  readonly runtime: Runtime;
  /** Whether the result shall be differentiable again. */
  readonly differentiable: boolean;
}

/** A function's run, recorded from stand-ins for the tensors of its arguments. */
export interface Trace<Y> {
  readonly y: Y;
  /** The float tensors in y. */
  readonly outputs: readonly Tensor[];
  /** Stand-ins of the float tensors in the arguments. */
  readonly inputs: readonly Tensor[];
  /** Per stand-in what a structure like the arguments holds in its place. */
  readonly flatten: (op: string, structure: readonly unknown[]) => readonly (Tensor | null)[];
  /** Puts one gradient per stand-in together to the structure of the arguments; null becomes zeros. */
  readonly assemble: (gradients: readonly (Tensor | null)[]) => readonly unknown[];
}

/**
 * Calls f with stand-ins, which the tape tells from the tensors they stand for, so that nothing else is
 * differentiated.
 */
export function trace<Xs extends readonly unknown[], Y>(
  { runtime, differentiable }: Context,
  f: (...xs: Xs) => Y,
  xs: Readonly<Xs>,
): Trace<Y> {
  const stand = new StandIns(differentiable);
  const parts = runtime.withRecording(true, () => xs.map((x) => stand.partOf(x)));
  const y = stand.whileExchanged(() => {
    runtime.transformDepth++;
    try {
      return runtime.withRecording(true, () => f(...(parts.map(({ value }) => value) as unknown as Xs)));
    } finally {
      runtime.transformDepth--;
    }
  });
  return {
    y,
    outputs: floatsIn(y).map((output) => stand.inModels.get(output) ?? output),
    inputs: stand.all,
    flatten: (op, structure) => parts.flatMap((part, i) => part.flatten(op, structure[i])),
    assemble: (gradients) => {
      const rest = gradients.map((gradient, i) =>
        gradient === null ? zerosLike(stand.all[i]!) : differentiable ? gradient : unshared(gradient),
      );
      return parts.map((part) => part.assemble(rest));
    },
  };
}

/** Two gradients may be one storage (both of a sum are); a caller may write to them. */
function unshared(gradient: Tensor): Tensor {
  return gradient.storage.references === 1 ? gradient : copyOf(gradient);
}

/**
 * An argument, or a part of one, as f gets it, and how gradients are taken apart and put together along it.
 */
interface Part {
  readonly value: unknown;
  readonly flatten: (op: string, structure: unknown) => readonly (Tensor | null)[];
  /** Takes its share from the front of `gradients`. */
  readonly assemble: (gradients: Tensor[]) => unknown;
}

class StandIns {
  readonly all: Tensor[] = [];
  /** Tensors of models, whose handles are exchanged with their stand-ins while f runs. */
  readonly inModels = new Map<Tensor, Tensor>();
  readonly #differentiable: boolean;

  constructor(differentiable: boolean) {
    this.#differentiable = differentiable;
  }

  partOf(x: unknown): Part {
    if (isTensor(x)) return this.#tensorPart(x);
    if (Array.isArray(x)) return this.#recordPart(x, (values) => Object.values(values));
    if (isRecord(x)) return this.#recordPart(x, (values) => values);
    if (typeof x === "object" && x !== null) return this.#modelPart(x);
    return { value: x, flatten: () => [], assemble: () => null };
  }

  whileExchanged<T>(body: () => T): T {
    const exchange = () => {
      for (const [tensor, standIn] of this.inModels) tensor.exchange(standIn);
    };
    exchange();
    try {
      return body();
    } finally {
      exchange();
    }
  }

  #standInFor(x: Tensor): Tensor {
    operands("argument of a transform", x);
    const standIn = this.#differentiable && x.requiresGrad ? aliasOf(x) : leafOf(x);
    this.all.push(standIn);
    return standIn;
  }

  #tensorPart(x: Tensor): Part {
    if (x.dtype === "i32") return { value: x, flatten: () => [], assemble: () => zerosLike(x) };
    return {
      value: this.#standInFor(x),
      flatten: (op, given) => [fitting(op, x, given)],
      assemble: (gradients) => gradients.shift()!,
    };
  }

  #recordPart(x: object, finish: (values: Record<string, unknown>) => unknown): Part {
    const parts = Object.entries(x).map(([name, field]) => [name, this.partOf(field)] as const);
    const build = (read: (part: Part) => unknown) =>
      finish(Object.fromEntries(parts.map(([name, part]) => [name, read(part)])));
    return {
      value: build((part) => part.value),
      flatten: (op, given) =>
        parts.flatMap(([name, part]) => part.flatten(op, (given as Record<string, unknown> | null)?.[name])),
      assemble: (gradients) => build((part) => part.assemble(gradients)),
    };
  }

  #modelPart(x: object): Part {
    const entries = [...trainable(x)].filter(([tensor]) => !this.inModels.has(tensor));
    for (const [tensor] of entries) this.inModels.set(tensor, this.#standInFor(tensor));
    return {
      value: x,
      flatten: (op, given) =>
        entries.map(([tensor, path]) => {
          const part = (given as Record<string, unknown> | null)?.[path];
          return part === undefined ? null : fitting(op, tensor, part);
        }),
      assemble: (gradients) => Object.fromEntries(entries.map(([, path]) => [path, gradients.shift()!])),
    };
  }
}

/** The one number that a function returned, as a tensor of one element. */
export function scalarOf(op: string, { y, outputs }: Trace<unknown>): Tensor {
  const output = outputs[0];
  if (!isTensor(y) || output === undefined) throw new ArgumentError(op, "f to return a tensor of floats", y);
  if (output.size !== 1) throw new ShapeError(op, "f to return one element", output.shape);
  return output;
}

/** Gradients of a traced scalar with respect to every stand-in. */
export function gradientsOfScalar(
  y: Tensor,
  { inputs }: Trace<unknown>,
  createGraph: boolean,
): (Tensor | null)[] {
  return gradientsOf([y], [onesLike(y)], inputs, { createGraph });
}

/** The single argument's gradient itself, or one per argument. */
export function unwrap<Gradients>(xs: readonly unknown[], gradients: readonly unknown[]): Gradients {
  return (xs.length === 1 ? gradients[0] : gradients) as Gradients;
}
