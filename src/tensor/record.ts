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
  return inputs[0]!.runtime.recording && inputs.some((input) => input.node !== null);
}

/** Records the rule that made y, if anything is being recorded and an input wants a gradient. Returns y. */
export function record<Outputs extends Tensor | readonly Tensor[], Constants = undefined>(
  y: Outputs,
  rule: Rule<Constants>,
  { inputs, saved = [], constants }: Recorded<Constants>,
): Outputs {
  const outputs = (y instanceof Tensor ? [y] : y) as readonly Tensor[];
  const { runtime } = inputs[0]!;
  if (runtime.detectAnomaly) for (const output of outputs) checkFinite(rule.op, output);
  if (!isRecorded(...inputs)) return y;
  const node = new GraphNode<Tensor>(
    runtime.nextSequence(),
    rule as Rule<unknown>,
    constants,
    inputs.map((input) => viewOf(input)),
    saved.map((tensor) => viewOf(tensor, outputs.indexOf(tensor))),
    outputs.map(({ shape, dtype }) => ({ shape, dtype })),
  );
  outputs.forEach((output, index) => {
    if (output.dtype !== "i32") output.attach(node, index);
  });
  return y;
}

/** `ownIndex`: which output of the node itself the tensor is; -1 if none. */
function viewOf(tensor: Tensor, ownIndex = -1): View<Tensor> {
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

/** Notes that a tensor's elements are about to be written in place: optimizers, caches and `assign` call it. */
export function noteWrite(op: string, tensor: Tensor): void {
  tensor.runtime.observer?.write(op, tensor);
  tensor.storage.version++;
}
