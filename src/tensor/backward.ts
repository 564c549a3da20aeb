import {
  ArgumentError,
  GraphFreedError,
  ShapeError,
  StaleTensorError,
  UseAfterFreeError,
} from "../errors.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { sameShape } from "../shape.ts";
import { addGradients, copyOf, Gradients } from "./gradients.ts";
import type { GraphNode, View } from "./graph.ts";
import { checkFinite, empty, operands, type Rule, record } from "./record.ts";
import { Tensor } from "./tensor.ts";

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
  const runtime = operands("backward", y);
  if (y.node === null)
    throw new ArgumentError("backward", "a tensor that depends on a leaf", "one without a graph");
  const dy = gradient ?? seed(y);
  const gradients = differentiate(runtime, [y], [dy], null, options);
  try {
    for (const leaf of gradients.leaves()) {
      for (const gradient of gradients.takeAll(leaf)) if (gradient) addToLeaf(leaf, gradient, createGraph);
    }
  } finally {
    gradients.dispose();
    if (gradient === undefined && !createGraph) dy.dispose();
  }
}

function seed(y: Tensor): Tensor {
  if (y.size !== 1) throw new ShapeError("backward", "one element, or a gradient of the same shape", y.shape);
  const one = empty(y.runtime, y.shape);
  y.runtime.kernels.fill(one.ptr, 1, 1);
  return one;
}

/** Adopts a buffer that nobody else holds, else copies; adds in place to a gradient that is there already. */
function addToLeaf(leaf: Node, gradient: Tensor, createGraph: boolean): void {
  const before = leaf.gradient as Tensor | null;
  const { runtime } = gradient;
  if (createGraph) {
    leaf.gradient = runtime.adopt(before ? addGradients(before, gradient) : aliasOf(gradient));
    before?.dispose();
    return;
  }
  if (before) {
    runtime.kernels.addInto(before.ptr, gradient.ptr, gradient.size);
    before.storage.version++;
  } else {
    leaf.gradient = runtime.adopt(gradient.storage.references === 1 ? gradient.alias() : copyOf(gradient));
  }
  gradient.dispose();
}

/**
 * The gradients of Σ outputs·cotangents with respect to `inputs`, as tensors of the caller's scope; null where an output does not depend
 * on an input. No leaf's `grad` is touched.
 */
export function gradientsOf(
  outputs: readonly Tensor[],
  cotangents: readonly (Tensor | null)[],
  inputs: readonly Tensor[],
  options: BackwardOptions = {},
): (Tensor | null)[] {
  const runtime = operands("gradientsOf", outputs[0]!, ...outputs.slice(1));
  const targets = inputs.flatMap(({ node }) => (node ? [node] : []));
  const found = differentiate(runtime, outputs, cotangents, targets, options);
  const gradients = inputs.map(({ node, outputIndex }) => {
    const gradient = node && found.peek(node, outputIndex);
    // The tape's own buffers lie outside every scope; a new handle is born in the caller's.
    return gradient && !options.createGraph ? gradient.alias() : gradient;
  });
  found.dispose();
  return gradients;
}

/**
 * Walks the graph from `outputs` in reverse order of its making, and returns the gradients of `targets`; null: of every leaf. The walk is
 * iterative. Without `retainGraph` each node is freed as soon as its rule has run.
 */
export function differentiate(
  runtime: Runtime,
  outputs: readonly Tensor[],
  cotangents: readonly (Tensor | null)[],
  targets: readonly Node[] | null,
  options: BackwardOptions = {},
): Gradients {
  const { createGraph = false, retainGraph = createGraph } = options;
  const gradients = new Gradients(runtime, createGraph);
  const order = reachable(outputs.flatMap(({ node }) => (node ? [node] : [])));
  const needed = neededFor(order, targets);
  const stops = new Set(targets ?? []);
  const walk = { runtime, gradients, needed, createGraph };
  try {
    runtime.withRecording(createGraph, () => {
      outputs.forEach((output, i) => {
        addCotangent(walk, output, cotangents[i] ?? null);
      });
      for (const node of order) {
        if (node.isLeaf || stops.has(node) || !needed.has(node)) continue;
        visit(walk, node);
        if (!retainGraph) node.free();
      }
    });
    return gradients;
  } catch (error) {
    gradients.dispose();
    if (!retainGraph) for (const node of order) if (!node.isLeaf && !stops.has(node)) node.free();
    throw error;
  }
}

/** What one walk over the graph carries along. */
interface Walk {
  readonly runtime: Runtime;
  readonly gradients: Gradients;
  /** The nodes from which a target is reached. */
  readonly needed: ReadonlySet<Node>;
  readonly createGraph: boolean;
}

function addCotangent({ gradients, needed }: Walk, output: Tensor, cotangent: Tensor | null): void {
  if (cotangent === null || output.node === null || !needed.has(output.node)) return;
  if (!sameShape(cotangent.shape, output.shape)) {
    throw new ShapeError("backward", "a gradient of the output's shape", output.shape, cotangent.shape);
  }
  gradients.add(output.node, output.outputIndex, cotangent);
}

/** Every node that `roots` depend on, latest first. */
function reachable(roots: readonly Node[]): Node[] {
  const found = new Set<Node>(roots);
  const stack = [...found];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    for (const { node: input } of node.inputs) {
      if (input === null || found.has(input)) continue;
      found.add(input);
      stack.push(input);
    }
  }
  return [...found].sort((a, b) => b.sequence - a.sequence);
}

/** The nodes from which a target is reached; with null targets, all. */
function neededFor(order: readonly Node[], targets: readonly Node[] | null): Set<Node> {
  if (targets === null) return new Set(order);
  const needed = new Set<Node>(targets);
  for (let i = order.length - 1; i >= 0; i--) {
    if (order[i]!.inputs.some(({ node }) => node !== null && needed.has(node))) needed.add(order[i]!);
  }
  return needed;
}

/** Runs the rule of one node and adds what it gives to the gradients of the node's inputs. */
function visit(walk: Walk, node: Node): void {
  const { runtime, gradients, needed, createGraph } = walk;
  const dy = gradients.takeAll(node);
  if (dy.every((gradient) => gradient === null)) return;
  if (node.freed) throw new GraphFreedError(node.op);
  const needs = node.inputs.map(({ node: input }) => input !== null && needed.has(input));
  const give = () => {
    runRule(walk, node, dy, needs).forEach((gradient, i) => {
      const input = node.inputs[i]!;
      if (gradient === null || !needs[i]) return;
      checkGradient(node, i, gradient);
      gradients.add(input.node!, input.outputIndex, gradient);
    });
  };
  try {
    // With createGraph the gradients' own graph lives on, so its tensors belong to the scope of the caller.
    if (createGraph) give();
    else runtime.scope(give);
  } finally {
    if (!createGraph) for (const gradient of dy) gradient?.dispose();
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
  const saved = node.saved.map((view) => handleOf(walk.runtime, view, node));
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

/** A new handle on the same storage that the graph tells from the old one. */
function aliasOf(tensor: Tensor): Tensor {
  return record(tensor.alias(), aliasRule, { inputs: [tensor] });
}

const aliasRule: Rule = { op: "alias", backward: ([dy]) => [dy!] };

function leafOf(tensor: Tensor): Tensor {
  const leaf = tensor.alias();
  leaf.requiresGrad = true;
  return leaf;
}

/** A live handle on what the graph remembers, tracked unless told otherwise. */
function handleOf(runtime: Runtime, view: View<Tensor>, by: Node, tracked = true): Tensor {
  const { storage, shape, dtype, version, outputIndex } = view;
  if (storage.freed) {
    const remedy =
      "for higher-order gradients keep inputs alive: close no scope between forward and backward";
    throw new UseAfterFreeError(`backward of ${by.op}`, shape, remedy);
  }
  if (storage.version !== version) throw new StaleTensorError(by.op, shape);
  const handle = new Tensor(runtime, storage.retain(), shape, dtype);
  const node = view.own ? by : view.node;
  if (tracked && node !== null) handle.attach(node, outputIndex);
  return handle;
}
