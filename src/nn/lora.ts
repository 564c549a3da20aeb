import { ArgumentError } from "../errors.ts";
import { add } from "../ops/add.ts";
import { assign } from "../ops/assign.ts";
import { sub } from "../ops/sub.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { walk } from "../walk.ts";
import { Linear } from "./linear.ts";
import { LowRankAdapter, type LowRankOptions } from "./lowRankAdapter.ts";
import { dispose, freeze, type NamedTensor, namedTensors } from "./parameters.ts";

export interface LoraOptions extends Omit<LowRankOptions, "runtime" | "initial"> {
  /** Which linear layers, by the path of their fields: /attention\.queryKeyValue$/ for instance. */
  readonly match: RegExp | ((path: string) => boolean);
}

/**
 * Gives linear layers of a model adapters of low rank, and freezes everything else (Hu et al. 2021). What the
 * model computes is the same until an adapter is trained. Of a model with a task head, pass the body: the
 * head is then trained too. Weights of 8 bits stay so below an adapter of floats (Dettmers et al. 2023). Returns
 * how many layers were adapted.
 *
 * ```ts
 * addLora(model, { match: /attention\.(queryKeyValue|output)$/, rank: 8, alpha: 16, random: new Random(1) });
 * const optimizer = new AdamW(parameters(model), { learningRate: 1e-3 });
 * ```
 *
 * @throws ArgumentError where no layer matches, or one has an adapter
 */
export function addLora(model: object, options: LoraOptions): number {
  const { match, random } = options;
  const matches = typeof match === "function" ? match : (path: string) => path.search(match) >= 0;
  const all = linearLayers(model);
  const layers = [...all].filter(([path]) => matches(path));
  if (layers.length === 0) {
    throw new ArgumentError(
      "addLora.match",
      `one of the layers ${[...all.keys()].join(", ")}`,
      String(match),
    );
  }
  for (const [path, { adapter }] of layers) {
    if (adapter) throw new ArgumentError(`addLora: ${path}`, "a layer without an adapter", "one that has it");
  }
  const adapters = layers.map(([path, { weight, inputs, outputs }]) => {
    const own = { ...options, random: random.fork(path), runtime: weight.runtime };
    return new LowRankAdapter(inputs, outputs, own);
  });
  layers.forEach(([, layer], i) => {
    layer.adapter = adapters[i]!;
  });
  trainAdaptersOnly(model);
  return layers.length;
}

/**
 * Adds each adapter's product to its layer's weight, so that it costs nothing any more. Training it is over
 * until `unmergeLora`.
 *
 * @throws ArgumentError where a weight is of 8 bits, whose steps are coarser than what is added; no layer is changed then
 */
export function mergeLora(model: object): void {
  change("mergeLora", model, true, add);
}

/** Takes it away again; the weights are as before but for rounding. @throws ArgumentError as `mergeLora` */
export function unmergeLora(model: object): void {
  change("unmergeLora", model, false, sub);
}

/**
 * Frees the adapters. What was merged stays so: after `mergeLora` it is a model of its own, else the base.
 * Its weights stay frozen until `freeze(model, false)`.
 */
export function removeLora(model: object): void {
  for (const layer of adaptedLayers(model).values()) {
    dispose(layer.adapter);
    (layer as Linear).adapter = null;
  }
}

/** The tensors of the adapters alone, under their names in the model: all that has to be saved. */
export function loraTensors(model: object): NamedTensor[] {
  const own = new Set<Tensor>();
  for (const { adapter } of adaptedLayers(model).values()) own.add(adapter.down).add(adapter.up);
  return namedTensors(model).filter(({ tensor }) => own.has(tensor));
}

type AdaptedLinear = Linear & { readonly adapter: LowRankAdapter };

/** The layers that have an adapter, by path. */
export function adaptedLayers(model: object): Map<string, AdaptedLinear> {
  const adapted = (entry: [string, Linear]): entry is [string, AdaptedLinear] => entry[1].adapter !== null;
  return new Map([...linearLayers(model)].filter(adapted));
}

const isLinear = (value: unknown): value is Linear => value instanceof Linear;

/** Each linear layer under the first of its paths. */
export function linearLayers(model: object): Map<string, Linear> {
  const paths = new Map<Linear, string>();
  walk(model, isLinear, (layer, path) => {
    if (!paths.has(layer)) paths.set(layer, path);
  });
  return new Map([...paths].map(([layer, path]) => [path, layer]));
}

/** Freezes a model but for its adapters. */
export function trainAdaptersOnly(model: object): void {
  freeze(model);
  for (const { adapter } of adaptedLayers(model).values()) freeze(adapter, false);
}

/** Changes the weights under adapters that are not yet as they shall be: merged, or not. */
function change(
  where: string,
  model: object,
  merged: boolean,
  by: (weight: Tensor, product: Tensor) => Tensor,
): void {
  const layers = [...adaptedLayers(model)].filter(([, { adapter }]) => adapter.merged !== merged);
  for (const [path, { weight }] of layers) {
    if (weight.dtype === "i32") {
      const wanted = "a weight of floats: give the adapter to the model that it was before `quantize`";
      throw new ArgumentError(`${where}: ${path}`, wanted, "one of 8 bits an element");
    }
  }
  for (const [, { weight, adapter }] of layers) {
    const { runtime } = weight;
    runtime.withRecording(false, () =>
      runtime.scope(() => void assign(weight, by(weight, adapter.product()))),
    );
    adapter.merged = merged;
  }
}
