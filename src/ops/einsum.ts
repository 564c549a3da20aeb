import { ArgumentError } from "../errors.ts";
import { sizeOf } from "../shape.ts";
import { operands } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { cast } from "./cast.ts";
import { matmul } from "./matmul.ts";
import { mul } from "./mul.ts";
import { permute } from "./permute.ts";
import { reshape } from "./reshape.ts";
import { slice } from "./slice.ts";
import { sum } from "./sum.ts";
import { type Label, parseEquation } from "./support/einsumEquation.ts";

/**
 * The sum of products that an equation writes with one letter an axis: axes that the result lacks are summed over.
 *
 * "..." stands for the axes without a letter, broadcast from the end; where the result lacks it, they are summed over too, as in
 * PyTorch. A letter twice in one operand is its diagonal. An axis of size 1 stretches to the size that its letter has elsewhere. Operands
 * are joined two by two from the left, in matrix products where two of them share a summed axis. i32 operands are read as floats.
 *
 * ```ts
 * einsum("bthd,bshd->bhts", q, k); // attention scores
 * einsum("ii", x); // the trace
 * ```
 */
export function einsum(equation: string, ...tensors: readonly Tensor[]): Tensor {
  const [first, ...others] = tensors;
  if (first === undefined) throw new ArgumentError("einsum", "one tensor or more", tensors);
  const runtime = operands("einsum", first, ...others);
  const shapes = tensors.map(({ shape }) => shape);
  const { inputs, output, sizes } = parseEquation(equation, shapes);
  return runtime.scope(() => {
    const terms = tensors.map((x, i) =>
      simplify({ x: cast(x, runtime.floatType), labels: inputs[i]! }, sizes),
    );
    let result = terms[0]!;
    for (let i = 1; i < terms.length; i++) {
      const wanted = new Set([...output, ...terms.slice(i + 1).flatMap(({ labels }) => labels)]);
      result = join(result, terms[i]!, wanted);
    }
    return arrange(reduceTo(result, new Set(output)), output).x;
  });
}

/** A tensor with a name for each axis. */
interface Term {
  readonly x: Tensor;
  readonly labels: readonly Label[];
}

/** Takes diagonals, and drops axes of size 1 that stretch. Afterwards no label is repeated, and each has one size everywhere. */
function simplify(term: Term, sizes: ReadonlyMap<Label, number>): Term {
  const repeated = term.labels.findIndex((label, axis) => term.labels.indexOf(label) < axis);
  if (repeated >= 0) return simplify(diagonal(term, term.labels[repeated]!), sizes);
  const kept = term.labels.filter((label, axis) => term.x.shape[axis] === sizes.get(label));
  return {
    x: reshape(
      term.x,
      kept.map((label) => sizes.get(label)!),
    ),
    labels: kept,
  };
}

/** The first two axes named `label` become one, the last. Their diagonal lies n + 1 elements apart in the n² of both. */
function diagonal({ x, labels }: Term, label: Label): Term {
  const first = labels.indexOf(label);
  const second = labels.indexOf(label, first + 1);
  const others = labels.map((_, axis) => axis).filter((axis) => axis !== first && axis !== second);
  const n = x.shape[first]!;
  const moved = permute(x, [...others, first, second]);
  const flat = reshape(moved, [...others.map((axis) => x.shape[axis]!), n * n]);
  const along = slice(flat, [...others.map(() => null), [null, null, n + 1]]);
  return { x: along, labels: [...others.map((axis) => labels[axis]!), label] };
}

/** Sums over the axes that are not wanted. */
function reduceTo({ x, labels }: Term, wanted: ReadonlySet<Label>): Term {
  const axis = labels.flatMap((label, a) => (wanted.has(label) ? [] : [a]));
  if (axis.length === 0) return { x, labels };
  return { x: sum(x, { axis }), labels: labels.filter((label) => wanted.has(label)) };
}

/** Brings the axes into another order. */
function arrange({ x, labels }: Term, order: readonly Label[]): Term {
  if (order.every((label, axis) => label === labels[axis])) return { x, labels };
  return {
    x: permute(
      x,
      order.map((label) => labels.indexOf(label)),
    ),
    labels: order,
  };
}

/** Σ a·b over the labels that only these two have: what `wanted` names stays. */
function join(left: Term, right: Term, wanted: ReadonlySet<Label>): Term {
  const a = reduceTo(left, new Set([...wanted, ...right.labels]));
  const b = reduceTo(right, new Set([...wanted, ...left.labels]));
  const shared = a.labels.filter((label) => b.labels.includes(label));
  const groups: Groups = {
    batch: shared.filter((label) => wanted.has(label)),
    summed: shared.filter((label) => !wanted.has(label)),
    rows: a.labels.filter((label) => !shared.includes(label)),
    columns: b.labels.filter((label) => !shared.includes(label)),
  };
  const isProduct = groups.summed.length > 0 && groups.rows.length + groups.columns.length > 0;
  return isProduct ? matrixProduct(a, b, groups) : elementwiseProduct(a, b, groups);
}

/** The labels of two operands by what becomes of them. */
interface Groups {
  /** In both, and kept. */
  readonly batch: readonly Label[];
  /** In both, and summed over. */
  readonly summed: readonly Label[];
  /** In the first only. */
  readonly rows: readonly Label[];
  /** In the second only. */
  readonly columns: readonly Label[];
}

function matrixProduct(a: Term, b: Term, { batch, summed, rows, columns }: Groups): Term {
  const left = asMatrices(a, batch, rows, summed);
  const right = asMatrices(b, batch, summed, columns);
  const y = matmul(left.x, right.x, { transposeA: left.transposed, transposeB: right.transposed });
  const labels = [...batch, ...rows, ...columns];
  const sizes = new Map([...sizesIn(a), ...sizesIn(b)]);
  return {
    x: reshape(
      y,
      labels.map((label) => sizes.get(label)!),
    ),
    labels,
  };
}

/** [...batch, rows, columns], or transposed where the axes lie so: then nothing is copied. */
function asMatrices(
  term: Term,
  batch: readonly Label[],
  rows: readonly Label[],
  columns: readonly Label[],
): { readonly x: Tensor; readonly transposed: boolean } {
  const sizes = sizesIn(term);
  const count = (labels: readonly Label[]) => sizeOf(labels.map((label) => sizes.get(label)!));
  const reversed = [...batch, ...columns, ...rows];
  const transposed = reversed.every((label, axis) => label === term.labels[axis]);
  const { x } = transposed ? term : arrange(term, [...batch, ...rows, ...columns]);
  const matrix = transposed ? [count(columns), count(rows)] : [count(rows), count(columns)];
  return { x: reshape(x, [...batch.map((label) => sizes.get(label)!), ...matrix]), transposed };
}

/** a·b broadcast, then summed: for outer products, and where neither has an axis of its own. */
function elementwiseProduct(a: Term, b: Term, { batch, summed, rows, columns }: Groups): Term {
  const labels = [...batch, ...summed, ...rows, ...columns];
  const spread = (term: Term) => {
    const sizes = sizesIn(term);
    const own = labels.filter((label) => sizes.has(label));
    return reshape(
      arrange(term, own).x,
      labels.map((label) => sizes.get(label) ?? 1),
    );
  };
  const product = { x: mul(spread(a), spread(b)), labels };
  return reduceTo(product, new Set([...batch, ...rows, ...columns]));
}

function sizesIn({ x, labels }: Term): Map<Label, number> {
  return new Map(labels.map((label, axis) => [label, x.shape[axis]!]));
}
