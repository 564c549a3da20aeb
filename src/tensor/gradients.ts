import type { Runtime } from "../runtime/runtime.ts";
import type { GraphNode } from "./graph.ts";
import { empty, type Rule, record } from "./record.ts";
import type { Tensor } from "./tensor.ts";

type Node = GraphNode<Tensor>;

/**
 * The gradients that a walk has collected and not handed on yet, by node and output.
 *
 * Without createGraph they are buffers of the tape's own, in no scope, and a second contribution is added
 * in place where nobody else holds the buffer. With createGraph they are ordinary recorded tensors, and a
 * sum is a new one.
 */
export class Gradients {
  readonly #pending = new Map<Node, (Tensor | null)[]>();
  readonly #runtime: Runtime;
  readonly #createGraph: boolean;

  constructor(runtime: Runtime, createGraph: boolean) {
    this.#runtime = runtime;
    this.#createGraph = createGraph;
  }

  /** `fresh`: nobody else keeps this very handle, so that it may become the tape's own. */
  add(node: Node, index: number, gradient: Tensor, fresh: boolean): void {
    const list = this.#pending.get(node) ?? new Array<Tensor | null>(node.outputCount).fill(null);
    const before = list[index]!;
    if (this.#createGraph) list[index] = before ? addGradients(before, gradient) : gradient;
    else if (before) list[index] = this.#addInPlace(before, gradient);
    else list[index] = this.#runtime.adopt(fresh ? gradient : gradient.alias());
    this.#pending.set(node, list);
  }

  /** All gradients of a node's outputs, which the caller disposes of; null where it has none. */
  takeAll(node: Node): (Tensor | null)[] | null {
    const list = this.#pending.get(node) ?? null;
    this.#pending.delete(node);
    return list;
  }

  /** The gradient of one output; it stays here. */
  peek(node: Node, index: number): Tensor | null {
    return this.#pending.get(node)?.[index] ?? null;
  }

  /** The leaves that have a gradient. */
  leaves(): Node[] {
    return [...this.#pending.keys()].filter((node) => node.isLeaf);
  }

  dispose(): void {
    if (!this.#createGraph) {
      for (const list of this.#pending.values()) for (const gradient of list) gradient?.dispose();
    }
    this.#pending.clear();
  }

  #addInPlace(before: Tensor, gradient: Tensor): Tensor {
    const { kernels } = this.#runtime;
    let sum = before;
    if (before.storage.references > 1) {
      sum = this.#runtime.adopt(copyOf(before));
      before.dispose();
    }
    kernels.addInto(sum.ptr, gradient.ptr, gradient.size);
    return sum;
  }
}

/** A new tensor with x's elements. */
export function copyOf(x: Tensor): Tensor {
  const y = empty(x.runtime, x.shape, x.dtype);
  x.runtime.kernels.copy(y.ptr, x.ptr, 0, 0, 1, 1, 1, x.size, 0, 0, 0, 1, 0, 0, 0, 1);
  return y;
}

/** y = a + b of one shape, recorded: gradients that meet. */
export function addGradients(a: Tensor, b: Tensor): Tensor {
  const y = copyOf(a);
  a.runtime.kernels.addInto(y.ptr, b.ptr, b.size);
  return record(y, addGradientsRule, { inputs: [a, b] });
}

const addGradientsRule: Rule = { op: "add", backward: ([dy]) => [dy!, dy!] };
