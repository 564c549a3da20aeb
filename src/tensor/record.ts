import { NonFiniteError, RuntimeMismatchError, UseAfterFreeError } from "../errors.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { formatShape, type Shape } from "../shape.ts";
import { type Rule as GenericRule, GraphNode, type View } from "./graph.ts";
import { type DType, Tensor } from "./tensor.ts";

export type Rule<Constants = undefined> = GenericRule<Tensor, Constants>;

/** What an operation tells the tape about itself. */
export interface Recorded<Constants> {
  readonly inputs: readonly Tensor[];
  /** What backward needs: inputs, outputs, and tensors made for backward alone. Default none. */
  readonly saved?: readonly Tensor[];
  readonly constants?: Constants;
}

/** Checks that an op's operands are alive and of one runtime, and returns it. Every op begins with it. */
export function operands(op: string, first: Tensor, ...rest: readonly Tensor[]): Runtime {
  const { runtime } = first;
  check(op, first);
  for (const tensor of rest) {
    if (tensor.runtime !== runtime) throw new RuntimeMismatchError(op);
    check(op, tensor);
  }
  return runtime;
}

function check(op: string, tensor: Tensor): void {
  if (tensor.disposed) throw new UseAfterFreeError(op, tensor.shape);
  tensor.runtime.observer?.read(tensor);
}

/** A new tensor, its elements not set. */
export function empty(runtime: Runtime, shape: Shape, dtype: DType = runtime.floatType): Tensor {
  let size = 1;
  for (const n of shape) size *= n;
  return new Tensor(runtime, runtime.allocate(size), shape, dtype);
}

/** A new tensor of x's shape, its elements not set. */
export function emptyLike(x: Tensor, dtype: DType = x.dtype): Tensor {
  return empty(x.runtime, x.shape, dtype);
}

/** Whether an op on these inputs will be recorded: only then does it make what backward alone needs. */
export function isRecorded(...inputs: readonly Tensor[]): boolean {
  return anyTracked(inputs);
}

function anyTracked(inputs: readonly Tensor[]): boolean {
  if (!inputs[0]!.runtime.recording) return false;
  for (const input of inputs) if (input.node !== null) return true;
  return false;
}

/** Records the rule that made y, if anything is being recorded and an input wants a gradient. Returns y. */
export function record<Outputs extends Tensor | readonly Tensor[], Constants = undefined>(
  y: Outputs,
  rule: Rule<Constants>,
  { inputs, saved = NOTHING, constants }: Recorded<Constants>,
): Outputs {
  const outputs = (y instanceof Tensor ? [y] : y) as readonly Tensor[];
  const { runtime } = inputs[0]!;
  if (runtime.detectAnomaly) for (const output of outputs) checkFinite(rule.op, output);
  if (!anyTracked(inputs)) return y;
  runtime.observer?.saved(saved);
  const inputViews = viewsOf(inputs, NOTHING);
  const node = new GraphNode<Tensor>(
    runtime.nextSequence(),
    rule as Rule<unknown>,
    constants,
    inputViews,
    viewsOf(saved, outputs, inputs, inputViews),
    outputs.length,
  );
  for (let index = 0; index < outputs.length; index++) {
    const output = outputs[index]!;
    if (output.dtype !== "i32") output.attach(node, index);
  }
  return y;
}

const NOTHING: readonly Tensor[] = [];

/**
 * Views of tensors, some of which may be outputs of the node itself, and some its inputs, whose views are
 * taken again.
 */
function viewsOf(
  tensors: readonly Tensor[],
  outputs: readonly Tensor[],
  inputs: readonly Tensor[] = NOTHING,
  inputViews: readonly View<Tensor>[] = [],
): View<Tensor>[] {
  const views: View<Tensor>[] = [];
  for (const tensor of tensors) {
    const input = inputs.indexOf(tensor);
    views.push(input < 0 ? viewOf(tensor, outputs.indexOf(tensor)) : inputViews[input]!);
  }
  return views;
}

/** `ownIndex`: which output of the node itself the tensor is; -1 if none. */
function viewOf(tensor: Tensor, ownIndex: number): View<Tensor> {
  const { storage, shape, dtype, node } = tensor;
  const own = ownIndex >= 0;
  const outputIndex = own ? ownIndex : tensor.outputIndex;
  return { storage, shape, dtype, node, outputIndex, version: storage.version, own };
}

/** Throws `NonFiniteError` naming the op if an element is infinite or NaN. */
export function checkFinite(where: string, tensor: Tensor): void {
  if (tensor.dtype === "i32" || tensor.size === 0) return;
  const { runtime } = tensor;
  let finite = true;
  runtime.scratch(1, (flag) => {
    runtime.kernels.allFinite(flag, tensor.ptr, tensor.size);
    finite = runtime.floats(flag, 1)[0] === 1;
  });
  if (!finite) {
    throw new NonFiniteError(
      where,
      `a value of its result of shape ${formatShape(tensor.shape)} is infinite or NaN`,
    );
  }
}

/**
 * Notes that a tensor's elements are about to be written in place: optimizers, caches and `assign` call it.
 */
export function noteWrite(op: string, tensor: Tensor): void {
  tensor.runtime.observer?.write(op, tensor);
  tensor.storage.version++;
}
