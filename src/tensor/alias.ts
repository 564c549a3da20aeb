import { StaleTensorError, UseAfterFreeError } from "../errors.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { copyOf } from "./gradients.ts";
import type { GraphNode, View } from "./graph.ts";
import { type Rule, record } from "./record.ts";
import { Tensor } from "./tensor.ts";

/** A new handle on the same storage that the graph tells from the old one. */
export function aliasOf(tensor: Tensor): Tensor {
  return record(tensor.alias(), aliasRule, { inputs: [tensor] });
}

/** As `aliasOf`, with a storage of its own. */
export function recordedCopyOf(tensor: Tensor): Tensor {
  return record(copyOf(tensor), aliasRule, { inputs: [tensor] });
}

const aliasRule: Rule = { op: "alias", backward: ([dy]) => [dy!] };

/** A new handle on the same storage that is a leaf, cut from the old one's graph. */
export function leafOf(tensor: Tensor): Tensor {
  const leaf = tensor.alias();
  leaf.requiresGrad = true;
  return leaf;
}

/** A live handle on what the graph remembers; `tracked`: with its place in the graph. */
export function handleOf(
  runtime: Runtime,
  view: View<Tensor>,
  by: GraphNode<Tensor>,
  tracked: boolean,
): Tensor {
  const { storage, shape, dtype, version, outputIndex } = view;
  if (storage.freed) {
    const remedy =
      "for higher-order gradients keep inputs alive: close no scope between forward and backward";
    throw new UseAfterFreeError(`backward of ${by.op}`, shape, remedy);
  }
  if (storage.version !== version) throw new StaleTensorError(by.op, shape);
  const handle = new Tensor(runtime, storage.retain(), shape, dtype);
  const node = view.own ? by : view.node;
  if (tracked && node !== null && dtype !== "i32") handle.attach(node, outputIndex);
  return handle;
}
