import { expect } from "vitest";
import { loadTensors, type NamedTensor, namedTensors } from "../../src/nn/parameters.ts";
import { gradientsOf } from "../../src/tensor/backward.ts";
import { tensor } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { goldenTensors } from "../support/golden.ts";
import { expectNear, type Numbers } from "./torchLayers.ts";

/** A number, or lists of them, all of one length. */
export type Nested = number | readonly Nested[];

const stored = goldenTensors("tasks.safetensors") as Readonly<Record<string, Numbers>>;

/** Gradients were computed in double precision, and rounded to single when they were stored. */
const ROUNDED = 1e-6;

/** Nested lists as a tensor, i32. */
export function indices(nested: Nested): Tensor {
  const shape: number[] = [];
  for (let part = nested; typeof part !== "number"; part = part[0]!) shape.push(part.length);
  const flat = (part: Nested): number[] => (typeof part === "number" ? [part] : part.flatMap(flat));
  return tensor(Int32Array.from(flat(nested)), { shape });
}

/** Gives a model the weights of a case, and returns its tensors. What the case never reads stays as it is. */
export function loadWeights(model: object, name: string): NamedTensor[] {
  const named = namedTensors(model);
  const startOf = ({ name: path, tensor: own }: NamedTensor) =>
    stored[`${name}/${path}`] ?? { shape: own.shape, data: own.toTypedArray() };
  loadTensors(model, Object.fromEntries(named.map((one) => [one.name, startOf(one)])));
  return named;
}

/** Compares the gradients that a case has; of all others there are none. */
export function expectGradients(loss: Tensor, named: readonly NamedTensor[], name: string): void {
  const found = gradientsOf([loss], [tensor(1)], named.map(({ tensor: own }) => own)); // biome-ignore format: one call
  const prefix = `${name}/grad/`;
  const wanted = Object.keys(stored).filter((path) => path.startsWith(prefix));
  const reached = named.filter((_, i) => found[i] !== null).map((one) => prefix + one.name);
  expect(reached.toSorted()).toEqual(wanted.toSorted());
  named.forEach(({ name: path }, i) => {
    if (found[i]) expectNear(`gradient of ${path}`, found[i], stored[prefix + path]!, ROUNDED);
  });
}
