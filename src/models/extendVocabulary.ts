import { ArgumentError } from "../errors.ts";
import { namedTensors } from "../nn/parameters.ts";
import type { Random } from "../random.ts";
import { elementsOf } from "../tensor/create.ts";
import { Gpt } from "./gpt.ts";
import { checkWhole } from "./transformerConfig.ts";

/**
 * A copy of a model that knows further symbols, such as those that tasks put around texts (Radford et al.
 * 2018, section 3.3). Their vectors start as a new model's; all others are the model's own. The model stays;
 * free it with `dispose`.
 *
 * ```ts
 * const [start, delimiter, extract] = [0, 1, 2].map((i) => model.config.vocabSize + i);
 * const extended = extendVocabulary(model, 3, { random: new Random(1) });
 * ```
 *
 * @throws ArgumentError for a model with adapters or weights of 8 bits: merge those, extend before these
 */
export function extendVocabulary(model: Gpt, symbols: number, { random }: { readonly random: Random }): Gpt {
  checkWhole("extendVocabulary", "symbols", symbols);
  const { config, runtime } = model;
  if (namedTensors(model).some(({ name }) => /\.(adapter\.\w+|scales)$/.test(name))) {
    throw new ArgumentError(
      "extendVocabulary",
      "a model without adapters and weights of 8 bits",
      "one with them",
    );
  }
  const extended = new Gpt({ ...config, vocabSize: config.vocabSize + symbols }, { random, runtime });
  const own = new Map(namedTensors(model).map(({ name, tensor }) => [name, tensor]));
  for (const { name, tensor } of namedTensors(extended)) {
    // Symbols are rows, so what a tensor has more stands behind.
    elementsOf(tensor).set(own.get(name)!.toTypedArray());
    tensor.requiresGrad = own.get(name)!.requiresGrad;
  }
  return extended;
}
