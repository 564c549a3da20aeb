import { FormatError } from "../errors.ts";
import { type FloatType, isFloatType } from "../io/halfFloats.ts";
import type { LazyArray, LazyArrays } from "../io/lazyArray.ts";
import type { NamedArray } from "../io/namedArrays.ts";
import { dispose, namedTensors } from "../nn/parameters.ts";
import { formatShape, sameShape } from "../shape.ts";
import { elementsOf } from "../tensor/create.ts";
import { noteWrite } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { copyIn, copyOut, offsetsOf, type Part, type Place, sourceShape } from "./places.ts";

/** How many problems of one kind an error lists. */
const LISTED = 8;

/**
 * Refuses a file that lacks a tensor, has one too many, or one of another shape or type: all problems at once, and before a model is made.
 */
export function checkWeights(places: readonly Place[], arrays: LazyArrays, file: string): void {
  const parts = new Map(places.flatMap((place) => place.parts.map((part) => [part.source, part] as const)));
  const missing = [...parts.keys()].filter((name) => !arrays.has(name));
  const extra = [...arrays.keys()].filter((name) => !parts.has(name));
  const unfit = [...parts].flatMap(([name, part]) => unfitness(name, part, arrays.get(name)));
  const problems = [listed("missing ", missing), listed("extra ", extra), listed("", unfit, "; ")];
  const found = problems.filter((problem) => problem !== "");
  if (found.length > 0) throw new FormatError(file, "tensors", found.join("; "));
}

function unfitness(name: string, part: Part, array: LazyArray | undefined): string[] {
  if (array === undefined) return [];
  const wanted = sourceShape(part);
  if (!sameShape(wanted, array.shape)) {
    return [`${name}: wanted ${formatShape(wanted)}, got ${formatShape(array.shape)}`];
  }
  const { stored } = array;
  const numbers = isFloatType(stored) || stored.startsWith("q");
  return numbers ? [] : [`${name}: wanted floating-point numbers, got ${stored}`];
}

function listed(title: string, names: readonly string[], separator = ", "): string {
  if (names.length === 0) return "";
  const more = names.length > LISTED ? ` and ${names.length - LISTED} more` : "";
  return `${title}${names.slice(0, LISTED).join(separator)}${more}`;
}

/**
 * Makes the model and reads each tensor of the file into its place, one at a time: weights are never held twice. Says which of the model's
 * tensors have no place. A model whose reading fails is freed.
 */
export async function fill<Model extends object>(
  makeModel: () => Model,
  places: readonly Place[],
  arrays: LazyArrays,
  file: string,
): Promise<{ readonly model: Model; readonly fresh: readonly string[] }> {
  const model = makeModel();
  try {
    const tensors = tensorsByName(model);
    for (const place of places) {
      const tensor = place.name === null ? null : tensors.get(place.name)!;
      const offsets = offsetsOf(place);
      for (const [i, part] of place.parts.entries()) {
        const array = (await arrays.get(part.source)!.read()) as NamedArray & { dtype: FloatType };
        if (tensor === null) checkZeros(array, part.source, file);
        else {
          noteWrite("load", tensor);
          copyIn(floatsOf(tensor).subarray(offsets[i], offsets[i + 1]), part, array);
        }
      }
    }
    const filled = new Set(places.map(({ name }) => name));
    return { model, fresh: [...tensors.keys()].filter((name) => !filled.has(name)) };
  } catch (error) {
    dispose(model);
    throw error;
  }
}

function checkZeros({ data }: NamedArray, name: string, file: string): void {
  if (data.some((number: number | bigint) => number !== 0)) {
    throw new FormatError(file, name, "the configuration says that there are no biases, and these are not 0");
  }
}

/** What a file shall hold of a model, by the file's names: described at once, made one at a time. */
export function weightsOf(model: object, places: readonly Place[], type: FloatType) {
  const tensors = tensorsByName(model);
  const sources = new Map<string, { part: Part; tensor: Tensor | null; start: number; end: number }>();
  for (const place of places) {
    const tensor = place.name === null ? null : tensors.get(place.name)!;
    const offsets = offsetsOf(place);
    for (const [i, part] of place.parts.entries()) {
      sources.set(part.source, { part, tensor, start: offsets[i]!, end: offsets[i + 1]! });
    }
  }
  const described = [...sources].map(
    ([name, { part }]) => [name, { dtype: type, shape: sourceShape(part) }] as const,
  );
  return {
    descriptions: Object.fromEntries(described),
    arrayOf(name: string): NamedArray {
      const { part, tensor, start, end } = sources.get(name)!;
      const rows = tensor ? floatsOf(tensor).subarray(start, end) : new Float32Array(end - start);
      return copyOut(rows, part, type);
    },
  };
}

const tensorsByName = (model: object): ReadonlyMap<string, Tensor> =>
  new Map(namedTensors(model).map(({ name, tensor }) => [name, tensor]));

/** A view of memory, for one statement. */
const floatsOf = (tensor: Tensor) => elementsOf(tensor) as Float32Array | Float64Array;
