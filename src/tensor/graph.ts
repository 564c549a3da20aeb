import type { Storage } from "../runtime/storage.ts";
import type { Shape } from "../shape.ts";

/** What a rule's backward is given. */
export interface BackwardContext<Tensor, Constants> {
  /** The tensors that `record` was told to save, as live handles. */
  readonly saved: readonly Tensor[];
  readonly constants: Constants;
  /** needs[i]: whether anybody wants the gradient of input i. */
  readonly needs: readonly boolean[];
}

/**
 * How to differentiate one operation. A constant object, not a closure: it sees only what the tape hands
 * it.
 */
export interface Rule<Tensor, Constants = undefined> {
  readonly op: string;
  /**
   * One gradient per input; null where `needs[i]` is false (an i32 input never needs one) or where it is
   * zero. dy[j] is null for an output that nobody used. Primitives write it with ops, so that it can be
   * differentiated again; fused ops call a kernel.
   */
  backward?(
    dy: readonly (Tensor | null)[],
    at: BackwardContext<Tensor, Constants>,
  ): readonly (Tensor | null)[];
  /**
   * The same function of primitives or other ops, as many outputs. Every fused op has one: it is the
   * specification, the oracle of its test, and what the tape differentiates through when `createGraph` is
   * on.
   */
  definition?(inputs: readonly Tensor[], constants: Constants): readonly Tensor[];
}

/** A tensor as the graph remembers it: without a handle. */
export interface View<Tensor> {
  readonly storage: Storage;
  readonly shape: Shape;
  readonly dtype: "f32" | "f64" | "i32";
  readonly node: GraphNode<Tensor> | null;
  readonly outputIndex: number;
  /** The storage's count of writes when it was remembered. */
  readonly version: number;
  /** It is an output of the very node that saved it: no edge, which would keep the node alive by itself. */
  readonly own: boolean;
}

/**
 * An operation that was recorded, or a leaf. It is counted by its live outputs, the nodes that consumed
 * them and those that saved them; the last release frees what it saved, also when backward never runs. An
 * output that it saved itself counts for nothing.
 */
export class GraphNode<Tensor> {
  /** Rises with time: a node's inputs have lower numbers. */
  readonly sequence: number;
  readonly rule: Rule<Tensor, unknown> | null;
  readonly constants: unknown;
  /** What the operation read. The storages are not held: a definition that finds one freed says so. */
  readonly inputs: readonly View<Tensor>[];
  /** What backward needs; their storages are held. */
  readonly saved: readonly View<Tensor>[];
  readonly outputCount: number;
  /** A leaf's gradient; it lives as long as a handle on the leaf does. */
  gradient: (Tensor & { dispose(): void }) | null = null;
  #references = 0;
  #handles = 0;
  #freed = false;

  constructor(
    sequence: number,
    rule: Rule<Tensor, unknown> | null,
    constants: unknown,
    inputs: readonly View<Tensor>[],
    saved: readonly View<Tensor>[],
    outputCount: number,
  ) {
    this.sequence = sequence;
    this.rule = rule;
    this.constants = constants;
    this.inputs = inputs;
    this.saved = saved;
    this.outputCount = outputCount;
    for (const { node } of inputs) node?.retain();
    for (const { storage, node } of saved) {
      storage.retain();
      node?.retain();
    }
  }

  static leaf<Tensor>(sequence: number): GraphNode<Tensor> {
    return new GraphNode<Tensor>(sequence, null, undefined, [], [], 1);
  }

  get isLeaf(): boolean {
    return this.rule === null;
  }

  get op(): string {
    return this.rule?.op ?? "leaf";
  }

  /** Whether what backward needs was let go. */
  get freed(): boolean {
    return this.#freed;
  }

  /** Whether somebody can read this node's result or gradient. */
  get hasHandles(): boolean {
    return this.#handles > 0;
  }

  retain(): this {
    this.#references++;
    return this;
  }

  release(): void {
    releaseNodes([this]);
  }

  retainHandle(): this {
    this.#handles++;
    return this.retain();
  }

  /**
   * The gradient goes with the last handle, not with the last reference: with createGraph its own graph
   * refers to the leaf.
   */
  releaseHandle(): void {
    if (--this.#handles === 0) {
      this.gradient?.dispose();
      this.gradient = null;
    }
    this.release();
  }

  /** Lets go of what backward needs, as after a backward that does not retain the graph. */
  free(): void {
    const released: GraphNode<Tensor>[] = [];
    this.#letGo(released);
    releaseNodes(released);
  }

  /** One reference less; the nodes that lose one in turn are added to `released`. */
  drop(released: GraphNode<Tensor>[]): void {
    if (--this.#references === 0) this.#letGo(released);
  }

  #letGo(released: GraphNode<Tensor>[]): void {
    if (this.#freed) return;
    this.#freed = true;
    for (const { node } of this.inputs) if (node) released.push(node);
    for (const { storage, node } of this.saved) {
      storage.release();
      if (node) released.push(node);
    }
  }
}

/**
 * Takes a reference from each node; iterative, because a chain of nodes can be longer than the stack is
 * deep.
 */
export function releaseNodes<Tensor>(released: GraphNode<Tensor>[]): void {
  for (let node = released.pop(); node !== undefined; node = released.pop()) node.drop(released);
}
