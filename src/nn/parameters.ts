import { ArgumentError } from "../errors.ts";
import { elementsOf } from "../tensor/create.ts";
import { noteWrite } from "../tensor/record.ts";
import { Tensor } from "../tensor/tensor.ts";
import { walk } from "../walk.ts";
import { quantize } from "./quantize.ts";

const isTensor = (value: unknown): value is Tensor => value instanceof Tensor;

/** A tensor of a model with all the paths that lead to it; the first is its name in a checkpoint. */
export interface NamedTensor {
  readonly name: string;
  readonly tensor: Tensor;
  /** Further paths to the same tensor: a tied head. */
  readonly aliases: readonly string[];
}

/** Every tensor in the fields of a model, in their order; a shared one once. This is all that is saved. */
export function namedTensors(model: object): NamedTensor[] {
  const paths = new Map<Tensor, string[]>();
  walk(model, isTensor, (tensor, path) => {
    const known = paths.get(tensor);
    if (known) known.push(path);
    else paths.set(tensor, [path]);
  });
  return [...paths].map(([tensor, [name, ...aliases]]) => ({ name: name!, tensor, aliases }));
}

/** The tensors of a model that are trained: those that require a gradient. */
export function parameters(model: object): Tensor[] {
  return namedTensors(model).flatMap(({ tensor }) => (tensor.requiresGrad ? [tensor] : []));
}

/** How many numbers a model learns; a shared tensor counts once. */
export function countParameters(model: object): number {
  return parameters(model).reduce((sum, { size }) => sum + size, 0);
}

/** Takes a model, or a part of it, out of training; `freeze(part, false)` takes it back in. */
export function freeze(model: object, frozen = true): void {
  for (const { tensor } of namedTensors(model)) if (tensor.dtype !== "i32") tensor.requiresGrad = !frozen;
}

/** Frees every tensor of a model or an optimizer, or of any object or array. */
export function dispose(model: object): void {
  for (const { tensor } of namedTensors(model)) tensor.dispose();
}

/** Values for named tensors, such as a checkpoint holds. */
export type TensorValues = Readonly<
  Record<string, { readonly shape: readonly number[]; readonly data: ArrayLike<number> }>
>;

/**
 * Overwrites a model's tensors by name. Linear layers whose weights come in 8 bits an element keep them so. Names that lack, names too many and shapes that differ are reported
 * together, before anything is written.
 */
export function loadTensors(model: object, values: TensorValues): void {
  quantize(model, { match: (path) => Object.hasOwn(values, `${path}.scales`) });
  const named = namedTensors(model);
  const known = new Set(named.map(({ name }) => name));
  const missing = named.filter(({ name }) => !Object.hasOwn(values, name)).map(({ name }) => name);
  const extra = Object.keys(values).filter((name) => !known.has(name));
  const misshaped = named.flatMap(({ name, tensor }) => {
    const shape = Object.hasOwn(values, name) ? values[name]!.shape : undefined;
    if (shape === undefined || `${shape}` === `${tensor.shape}`) return [];
    return [`${name}: wanted [${tensor.shape.join(", ")}], got [${shape.join(", ")}]`];
  });
  const problems = [
    ...(missing.length > 0 ? [`missing ${missing.join(", ")}`] : []),
    ...(extra.length > 0 ? [`extra ${extra.join(", ")}`] : []),
    ...misshaped,
  ];
  if (problems.length > 0) throw new ArgumentError("load", "the tensors of the model", problems.join("; "));
  for (const { name, tensor } of named) write(tensor, values[name]!.data);
}

function write(tensor: Tensor, data: ArrayLike<number>): void {
  noteWrite("load", tensor);
  elementsOf(tensor).set(data);
}
