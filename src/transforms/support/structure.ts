import { ArgumentError, ShapeError } from "../../errors.ts";
import { sameShape } from "../../shape.ts";
import { operands } from "../../tensor/record.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { walk } from "../../walk.ts";

/**
 * What a gradient with respect to x looks like: a tensor for a tensor, the same arrays and records, and for
 * a model the gradients of those of its tensors that require one, by path
 * (`blocks.0.attention.query.weight`). Null for what has no tensors.
 */
export type GradientOf<X> = X extends Tensor
  ? Tensor
  : X extends readonly unknown[]
    ? { readonly [I in keyof X]: GradientOf<X[I]> }
    : X extends { readonly [name: string]: unknown }
      ? { readonly [Name in keyof X]: GradientOf<X[Name]> }
      : X extends object
        ? Readonly<Record<string, Tensor>>
        : null;

/** One gradient per argument; for a single argument its gradient itself. */
export type GradientsOf<Xs extends readonly unknown[]> = Xs extends readonly [infer X]
  ? GradientOf<X>
  : { readonly [I in keyof Xs]: GradientOf<Xs[I]> };

export const isTensor = (value: unknown): value is Tensor => value instanceof Tensor;

export const isFloat = (value: unknown): value is Tensor => isTensor(value) && value.dtype !== "i32";

/** An object literal, as against an instance of a class. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * The value with each tensor in its arrays and records replaced by a new handle on the same elements,
 * without a graph.
 */
export function withNewHandles<T>(op: string, value: T): T {
  const map = (inner: unknown): unknown => {
    if (isTensor(inner)) {
      operands(op, inner);
      return inner.alias();
    }
    if (Array.isArray(inner)) return inner.map(map);
    if (isRecord(inner)) {
      return Object.fromEntries(Object.entries(inner).map(([name, field]) => [name, map(field)]));
    }
    if (typeof inner !== "object" || inner === null) return inner;
    throw new ArgumentError(op, "f to return tensors, in arrays and records at most", inner);
  };
  return map(value) as T;
}

/** The float tensors in a value, in order. */
export function floatsIn(value: unknown): Tensor[] {
  const found: Tensor[] = [];
  walk(value, isTensor, (tensor) => {
    if (isFloat(tensor)) found.push(tensor);
  });
  return found;
}

/** A model's trainable tensors by path, a shared one under its first. */
export function trainable(model: object): Map<Tensor, string> {
  const found = new Map<Tensor, string>();
  walk(model, isTensor, (tensor, path) => {
    if (isFloat(tensor) && tensor.requiresGrad && !found.has(tensor)) found.set(tensor, path);
  });
  return found;
}

/** Checks that a tangent or cotangent fits the tensor it belongs to. */
export function fitting(op: string, tensor: Tensor, given: unknown): Tensor {
  if (!isFloat(given)) throw new ArgumentError(op, `a tensor for each tensor of floats`, given);
  if (!sameShape(tensor.shape, given.shape)) {
    throw new ShapeError(op, "a tensor of the same shape", tensor.shape, given.shape);
  }
  return given;
}
