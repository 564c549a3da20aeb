import { ArgumentError, DTypeError, GraphFreedError, ShapeError } from "../errors.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { sameShape } from "../shape.ts";
import { aliasOf, handleOf, leafOf, recordedCopyOf } from "./alias.ts";
import { addGradients, copyOf, Gradients } from "./gradients.ts";
import { type GraphNode, releaseNodes } from "./graph.ts";
import { checkFinite, empty, operands, type Rule } from "./record.ts";
import type { Tensor } from "./tensor.ts";

type Node = GraphNode<Tensor>;

export interface BackwardOptions {
  /** Keep what was saved, so that backward can run over the same graph again. Default: as `createGraph`. */
  readonly retainGraph?: boolean;
  /** Record the gradients' own graph, so that they can be differentiated. Default false. */
  readonly createGraph?: boolean;
}

/**
 * Adds the gradient of y with respect to every leaf that it depends on to the leaf's `grad`.
 *
 * @param gradient dL/dy, of y's shape; may be left out when y has one element: then 1.
 * @throws GraphFreedError on a second backward over a graph that was not retained.
 * @throws StaleTensorError when a tensor that a rule needs was written since the forward pass.
 */
export function backward(y: Tensor, gradient?: Tensor, options: BackwardOptions = {}): void {
  const { createGraph = false } = options;
  const runtime = operands("backward", y, ...(gradient ? [gradient] : []));
  if (y.node === null)
    throw new ArgumentError("backward", "a tensor that depends on a leaf", "one without a graph");
  const dy = gradient ?? seed(y);
  try {
    differentiate({ runtime, outputs: [y], cotangents: [dy], targets: null, ...options }, (gradients) => {
      for (const leaf of gradients.leaves()) {
        for (const found of gradients.takeAll(leaf) ?? []) if (found) addToLeaf(leaf, found, createGraph);
      }
    });
  } finally {
    if (gradient === undefined && !createGraph) dy.dispose();
  }
}

function seed(y: Tensor): Tensor {
  if (y.size !== 1) throw new ShapeError("backward", "one element, or a gradient of the same shape", y.shape);
  const one = empty(y.runtime, y.shape);
  y.runtime.kernels.fill(one.ptr, 1, 1);
  return one;
}

/**
 * Adopts a buffer that nobody else holds, else copies, so that a gradient may be written in place (clipping
 * does); adds in place to one that is there already. A leaf without handles has nobody who could read its
 * gradient.
 */
function addToLeaf(leaf: Node, gradient: Tensor, createGraph: boolean): void {
  const before = leaf.gradient as Tensor | null;
  const { runtime, storage } = gradient;
  if (createGraph) {
    if (!leaf.hasHandles) return;
    leaf.gradient = runtime.adopt(before ? addGradients(before, gradient) : recordedCopyOf(gradient));
    before?.dispose();
    return;
  }
  if (before) {
    runtime.kernels.addInto(before.ptr, gradient.ptr, gradient.size);
    before.storage.version++;
  } else if (leaf.hasHandles && storage.references === 1) {
    leaf.gradient = gradient;
    return;
  } else if (leaf.hasHandles) {
    leaf.gradient = runtime.adopt(copyOf(gradient));
  }
  gradient.dispose();
}

/**
 * The gradients of Σ outputs·cotangents with respect to `inputs`, as tensors of the caller's scope; null
 * where an output does not depend on an input. No leaf's `grad` is touched.
 */
export function gradientsOf(
  outputs: readonly Tensor[],
  cotangents: readonly (Tensor | null)[],
  inputs: readonly Tensor[],
  options: BackwardOptions = {},
): (Tensor | null)[] {
  const given = cotangents.filter((cotangent) => cotangent !== null);
  const runtime = operands("gradientsOf", outputs[0]!, ...outputs.slice(1), ...given);
  const targets = inputs.flatMap(({ node }) => (node ? [node] : []));
  return differentiate({ runtime, outputs, cotangents, targets, ...options }, (found) =>
    inputs.map(({ node, outputIndex }) => {
      const gradient = node && found.peek(node, outputIndex);
      // The tape's own buffers lie outside every scope; a new handle is born in the caller's.
      return gradient && !options.createGraph ? gradient.alias() : gradient;
    }),
  );
}

interface Problem extends BackwardOptions {
  readonly runtime: Runtime;
  readonly outputs: readonly Tensor[];
  readonly cotangents: readonly (Tensor | null)[];
  /** Whose gradients are wanted; the walk stops at them. Null: every leaf. */
  readonly targets: readonly Node[] | null;
}

/**
 * Walks the graph from the outputs in reverse order of its making, and lends `use` the gradients of the
 * targets. The walk is iterative. Without `retainGraph` each node lets go of what it saved as soon as its
 * rule has run.
 */
function differentiate<T>(problem: Problem, use: (gradients: Gradients) => T): T {
  const { runtime, outputs, cotangents, targets, createGraph = false, retainGraph = createGraph } = problem;
  const stops = new Set(targets ?? []);
  const order = reachable(
    outputs.flatMap(({ node }) => (node ? [node] : [])),
    stops,
  );
  // A node that lets go of its inputs must not free those whose turn is still to come.
  for (const node of order) node.retain();
  const gradients = new Gradients(runtime, createGraph);
  const walk = { runtime, gradients, needed: neededFor(order, targets), createGraph };
  const isInner = (node: Node) => !node.isLeaf && !stops.has(node);
  try {
    return runtime.withRecording(createGraph, () => {
      outputs.forEach((output, i) => {
        addCotangent(walk, output, cotangents[i] ?? null);
      });
      for (const node of order) {
        if (!isInner(node) || !isNeeded(walk, node)) continue;
        visit(walk, node);
        if (!retainGraph) node.free();
      }
      return use(gradients);
    });
  } catch (error) {
    if (!retainGraph) for (const node of order) if (isInner(node)) node.free();
    throw error;
  } finally {
    gradients.dispose();
    releaseNodes(order);
  }
}

/** What one walk over the graph carries along. */
interface Walk {
  readonly runtime: Runtime;
  readonly gradients: Gradients;
  /** The nodes from which a target is reached; null: all. */
  readonly needed: ReadonlySet<Node> | null;
  readonly createGraph: boolean;
}

function isNeeded({ needed }: Walk, node: Node | null): boolean {
  return node !== null && (needed === null || needed.has(node));
}

function addCotangent(walk: Walk, output: Tensor, cotangent: Tensor | null): void {
  if (cotangent === null || output.node === null || !isNeeded(walk, output.node)) return;
  if (cotangent.dtype !== output.dtype) {
    throw new DTypeError("backward", `a gradient of ${output.dtype}`, cotangent.dtype);
  }
  if (!sameShape(cotangent.shape, output.shape)) {
    throw new ShapeError("backward", "a gradient of the output's shape", output.shape, cotangent.shape);
  }
  walk.gradients.add(output.node, output.outputIndex, cotangent, false);
}

const latestFirst = (a: Node, b: Node) => b.sequence - a.sequence;

/** Every node that `roots` depend on, latest first; nothing beyond `stops`. */
function reachable(roots: readonly Node[], stops: ReadonlySet<Node>): Node[] {
  const found = new Set<Node>(roots);
  const stack = [...found];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (stops.has(node)) continue;
    for (const { node: input } of node.inputs) {
      if (input === null || found.has(input)) continue;
      found.add(input);
      stack.push(input);
    }
  }
  return Array.from(found).sort(latestFirst);
}

/** The nodes from which a target is reached; with null targets, all: null. */
function neededFor(order: readonly Node[], targets: readonly Node[] | null): Set<Node> | null {
  if (targets === null) return null;
  const needed = new Set<Node>(targets);
  for (let i = order.length - 1; i >= 0; i--) {
    if (order[i]!.inputs.some(({ node }) => node !== null && needed.has(node))) needed.add(order[i]!);
  }
  return needed;
}

/** Runs the rule of one node and adds what it gives to the gradients of the node's inputs. */
function visit(walk: Walk, node: Node): void {
  const dy = walk.gradients.takeAll(node);
  if (dy === null) return;
  try {
    if (node.freed) throw new GraphFreedError(node.op);
    // With createGraph the gradients' own graph lives on, so its tensors belong to the scope of the caller.
    if (walk.createGraph) give(walk, node, dy);
    else walk.runtime.scope(() => give(walk, node, dy));
  } finally {
    if (!walk.createGraph) for (const gradient of dy) gradient?.dispose();
  }
}

function give(walk: Walk, node: Node, dy: readonly (Tensor | null)[]): void {
  const { runtime, gradients } = walk;
  const needs: boolean[] = [];
  for (const { node: input } of node.inputs) needs.push(isNeeded(walk, input));
  const found = runtime.detectAnomaly ? quietly(walk, node, dy, needs) : runRule(walk, node, dy, needs);
  for (let i = 0; i < needs.length; i++) {
    const gradient = found[i] ?? null;
    if (gradient === null || !needs[i]) continue;
    checkGradient(node, i, gradient);
    const { node: input, outputIndex } = node.inputs[i]!;
    gradients.add(input!, outputIndex, gradient, gradient.node === null && runtime.ownsHere(gradient));
  }
}

/**
 * What the rule gives. Its own ops are not checked for anomalies: the error shall name the op whose
 * gradient it is.
 */
function quietly(
  walk: Walk,
  node: Node,
  dy: readonly (Tensor | null)[],
  needs: readonly boolean[],
): readonly (Tensor | null)[] {
  const { runtime } = walk;
  runtime.detectAnomaly = false;
  try {
    return runRule(walk, node, dy, needs);
  } finally {
    runtime.detectAnomaly = true;
  }
}

function checkGradient(node: Node, index: number, gradient: Tensor): void {
  const { shape } = node.inputs[index]!;
  if (!sameShape(gradient.shape, shape)) {
    const wanted = "a gradient of the input's shape";
    throw new ShapeError(`backward of ${node.op}, input ${index}`, wanted, shape, gradient.shape);
  }
  if (gradient.runtime.detectAnomaly) checkFinite(`backward of ${node.op}`, gradient);
}

function runRule(
  walk: Walk,
  node: Node,
  dy: readonly (Tensor | null)[],
  needs: readonly boolean[],
): readonly (Tensor | null)[] {
  const rule = node.rule as Rule<unknown>;
  if (rule.definition && (walk.createGraph || !rule.backward))
    return throughDefinition(walk, node, dy, needs);
  const saved: Tensor[] = [];
  for (const view of node.saved) saved.push(handleOf(walk.runtime, view, node, walk.createGraph));
  return rule.backward!(dy, { saved, constants: node.constants, needs });
}

/** Differentiates the rule's definition on fresh aliases of the inputs, down to those aliases. */
function throughDefinition(
  { runtime, createGraph }: Walk,
  node: Node,
  dy: readonly (Tensor | null)[],
  needs: readonly boolean[],
): readonly (Tensor | null)[] {
  const rule = node.rule as Rule<unknown>;
  const aliases = node.inputs.map((view, i) => {
    const original = handleOf(runtime, view, node, createGraph);
    if (!needs[i]) return original;
    return createGraph ? aliasOf(original) : leafOf(original);
  });
  const outputs = runtime.withRecording(true, () => rule.definition!(aliases, node.constants));
  const wanted = aliases.filter((_, i) => needs[i]);
  const found = gradientsOf(outputs, dy, wanted, { createGraph });
  return aliases.map((alias) => found[wanted.indexOf(alias)] ?? null);
}
