import type { Runtime } from "../runtime/runtime.ts";
import type { GraphNode } from "./graph.ts";
import { empty, type Rule, record } from "./record.ts";
import type { Tensor } from "./tensor.ts";

type Node = GraphNode<Tensor>;

/**
 * The gradients that a walk has collected and not handed on yet, by node and output.
 *
 * Without createGraph they are buffers of the tape's own, in no scope, and a second contribution is added in place where nobody else
 * holds the buffer. With createGraph they are ordinary recorded tensors, and a sum is a new one.
 */
export class Gradients {
  readonly #pending = new Map<Node, (Tensor | null)[]>();
  readonly #runtime: Runtime;
  readonly #createGraph: boolean;

  constructor(runtime: Runtime, createGraph: boolean) {
    this.#runtime = runtime;
    this.#createGraph = createGraph;
  }

  add(node: Node, index: number, gradient: Tensor): void {
    let list = this.#pending.get(node);
    if (list === undefined) {
      list = new Array<Tensor | null>(Math.max(1, node.outputs.length)).fill(null);
      this.#pending.set(node, list);
    }
    const before = list[index] ?? null;
    if (this.#createGraph) list[index] = before ? addGradients(before, gradient) : gradient;
    else list[index] = before ? this.#addInPlace(before, gradient) : this.#runtime.adopt(gradient.alias());
  }

  /** All gradients of a node's outputs; the caller disposes of them. */
  takeAll(node: Node): (Tensor | null)[] {
    const list = this.#pending.get(node) ?? [];
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
