import { ArgumentError, DTypeError, RuntimeMismatchError, ShapeError, UseAfterFreeError } from "../errors.ts";
import type { Ptr } from "../runtime/kernels/index.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { type Lifeline, type Owner, owner, type Resource } from "../runtime/scope.ts";
import type { Storage } from "../runtime/storage.ts";
import { type Shape, sameShape, sizeOf, stridesOf } from "../shape.ts";
import { GraphNode } from "./graph.ts";
import { print } from "./print.ts";

/** Element types: floats (f32, or f64 on the f64 reference) and i32 for indices. */
export type DType = "f32" | "f64" | "i32";

/** Numbers nested as deep as a tensor has axes. */
export type NestedArray = number | readonly NestedArray[];

/**
 * A handle to a contiguous row-major array of numbers in the linear memory of a runtime, and to the graph
 * node that made it.
 *
 * A handle is freed by the scope it was born in, by `dispose`, or at the end of a `using` block. Handles
 * may share a storage (`reshape` does); the last one frees it. Touching a freed handle throws
 * `UseAfterFreeError`.
 */
export class Tensor implements Resource {
  readonly runtime: Runtime;
  /** Sizes of the axes, outermost first; [] is a scalar. */
  readonly shape: Shape;
  readonly dtype: DType;
  /** Number of elements. */
  readonly size: number;
  [owner]: Owner | null = null;
  readonly #generation: number;
  #storage: Storage;
  #node: GraphNode<Tensor> | null = null;
  #outputIndex = 0;
  #disposed = false;
  #lifeline: TensorLifeline | null = null;

  /** Takes over one reference of `storage`. */
  constructor(runtime: Runtime, storage: Storage, shape: Shape, dtype: DType) {
    this.runtime = runtime;
    this.#storage = storage;
    this.shape = shape;
    this.dtype = dtype;
    this.size = sizeOf(shape);
    this.#generation = runtime.generation;
    runtime.born(this);
  }

  /** Number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  get byteLength(): number {
    return this.size * this.runtime.slotBytes;
  }

  get disposed(): boolean {
    return this.#disposed || this.#generation !== this.runtime.generation;
  }

  get storage(): Storage {
    return this.#storage;
  }

  /** Address of the first element, for kernels. */
  get ptr(): Ptr {
    if (this.disposed) throw new UseAfterFreeError("kernel", this.shape);
    return this.#storage.ptr;
  }

  /** The graph node that made this tensor, a leaf's own node, or null where no gradient is wanted. */
  get node(): GraphNode<Tensor> | null {
    return this.#node;
  }

  /** Which of its node's outputs this is. */
  get outputIndex(): number {
    return this.#outputIndex;
  }

  /** Makes this the output `index` of `node`, which counts it as alive. */
  attach(node: GraphNode<Tensor>, index: number): void {
    this.#node = node.retainHandle();
    this.#outputIndex = index;
    if (this.#lifeline) this.#lifeline.node = node;
  }

  /**
   * Whether operations on this tensor are recorded. Set it on a tensor that no recorded operation made: a
   * leaf.
   */
  get requiresGrad(): boolean {
    return this.#node !== null;
  }

  set requiresGrad(wanted: boolean) {
    if (wanted === this.requiresGrad) return;
    if (this.#node !== null && !this.#node.isLeaf) {
      throw new ArgumentError(
        "requiresGrad",
        "a leaf; use detach() to cut a result from its graph",
        this.#node.op,
      );
    }
    if (wanted && this.dtype === "i32") throw new ArgumentError("requiresGrad", "a tensor of floats", "i32");
    if (wanted) this.attach(GraphNode.leaf<Tensor>(this.runtime.nextSequence()), 0);
    else this.#cut();
  }

  /**
   * What `backward` summed into this leaf; null before, and for tensors that an operation made. Owned by
   * the leaf.
   */
  get grad(): Tensor | null {
    return this.#node?.isLeaf ? this.#node.gradient : null;
  }

  /** Replaces the gradient; null clears it. */
  set grad(gradient: Tensor | null) {
    if (!this.#node?.isLeaf)
      throw new ArgumentError("grad", "a leaf that requires a gradient", "another tensor");
    if (gradient !== null) this.#checkGradient(gradient);
    if (this.#node.gradient !== gradient) this.#node.gradient?.dispose();
    this.#node.gradient = gradient === null ? null : this.runtime.adopt(gradient);
  }

  /** A new handle on the same storage, without a graph. */
  alias(shape: Shape = this.shape): Tensor {
    return new Tensor(this.runtime, this.#storage.retain(), shape, this.dtype);
  }

  /**
   * Exchanges what stands behind this handle and another one of its shape: storage, graph, whether it is
   * alive.
   */
  exchange(other: Tensor): void {
    [this.#storage, other.#storage] = [other.#storage, this.#storage];
    [this.#node, other.#node] = [other.#node, this.#node];
    [this.#outputIndex, other.#outputIndex] = [other.#outputIndex, this.#outputIndex];
    [this.#disposed, other.#disposed] = [other.#disposed, this.#disposed];
  }

  /** The value of a tensor with one element. */
  item(): number {
    if (this.size !== 1)
      throw new ArgumentError("item", "a tensor of one element", `shape [${this.shape.join(", ")}]`);
    return this.#read("item")[0]!;
  }

  /**
   * A copy of the elements in row-major order: Int32Array for i32, else an array of the runtime's float
   * type.
   */
  toTypedArray(): Float32Array | Float64Array | Int32Array {
    const elements = this.#read("toTypedArray");
    return this.dtype === "i32" ? Int32Array.from(elements) : elements.slice();
  }

  /** A copy of the elements as nested arrays; a number for a scalar. */
  toArray(): NestedArray {
    const elements = this.#read("toArray");
    const strides = stridesOf(this.shape);
    const nest = (axis: number, offset: number): NestedArray =>
      axis === this.rank
        ? elements[offset]!
        : Array.from({ length: this.shape[axis]! }, (_, i) => nest(axis + 1, offset + i * strides[axis]!));
    return nest(0, 0);
  }

  /** As numpy prints. */
  toString(): string {
    if (this.disposed) return `tensor(freed, shape [${this.shape.join(", ")}])`;
    return print(this.#read("toString"), this.shape, this.dtype, this.requiresGrad);
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** Frees the handle; a second call does nothing. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    if (this.#generation !== this.runtime.generation) return;
    this.runtime.died(this);
    this.#storage.release();
    this.#node?.releaseHandle();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  lifeline(): Lifeline {
    this.#lifeline ??= new TensorLifeline(this.runtime, this.#storage, this.#node);
    return this.#lifeline;
  }

  #checkGradient(gradient: Tensor): void {
    if (gradient.runtime !== this.runtime) throw new RuntimeMismatchError("grad");
    if (gradient.disposed) throw new UseAfterFreeError("grad", gradient.shape);
    if (gradient.dtype !== this.dtype) throw new DTypeError("grad", this.dtype, gradient.dtype);
    if (!sameShape(gradient.shape, this.shape)) {
      throw new ShapeError("grad", "the leaf's shape", this.shape, gradient.shape);
    }
  }

  #cut(): void {
    this.#node?.releaseHandle();
    this.#node = null;
    if (this.#lifeline) this.#lifeline.node = null;
  }

  /** The elements in memory; valid for one statement. */
  #read(op: string): Float32Array | Float64Array | Int32Array {
    if (this.disposed) throw new UseAfterFreeError(op, this.shape);
    this.runtime.observer?.read(this);
    const { ptr } = this.#storage;
    return this.dtype === "i32" ? this.runtime.ints(ptr, this.size) : this.runtime.floats(ptr, this.size);
  }
}

/** What a stray handle holds, apart from the handle, so that the collector may take the handle first. */
class TensorLifeline implements Lifeline {
  node: GraphNode<Tensor> | null;
  readonly #runtime: Runtime;
  readonly #generation: number;
  readonly #storage: Storage;

  constructor(runtime: Runtime, storage: Storage, node: GraphNode<Tensor> | null) {
    this.#runtime = runtime;
    this.#generation = runtime.generation;
    this.#storage = storage;
    this.node = node;
  }

  release(): void {
    if (this.#generation !== this.#runtime.generation) return;
    this.#runtime.collected();
    this.#storage.release();
    this.node?.releaseHandle();
  }
}
