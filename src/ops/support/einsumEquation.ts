import { ArgumentError, ShapeError } from "../../errors.ts";
import type { Shape } from "../../shape.ts";

/** The name of an axis: a letter, or "…k" for the k-th axis from the end of those that an ellipsis stands for. */
export type Label = string;

/** An equation with its labels and their sizes. */
export interface Equation {
  /** The labels of each operand's axes. */
  readonly inputs: readonly (readonly Label[])[];
  readonly output: readonly Label[];
  /** Of each label; where some operands have 1 and the others n, this is n. */
  readonly sizes: ReadonlyMap<Label, number>;
}

/**
 * Reads an equation such as "bhtd,bhsd->bhts" for operands of these shapes.
 *
 * Without "->" the result has the axes of the ellipsis, then the letters that occur once, in alphabetical order. Spaces mean nothing.
 */
export function parseEquation(equation: string, shapes: readonly Shape[]): Equation {
  const refuse = (wanted: string): never => {
    throw new ArgumentError("einsum", wanted, equation);
  };
  const [left, right, ...more] = equation.replaceAll(" ", "").split("->");
  if (more.length > 0) refuse("at most one -> in an equation");
  const terms = left!.split(",");
  if (terms.length !== shapes.length) refuse(`an equation for ${shapes.length} operands`);
  const inputs = terms.map((term, i) => {
    const { before, after, dots } = splitTerm(term, refuse);
    const covered = shapes[i]!.length - before.length - after.length;
    if (covered < 0 || (!dots && covered > 0)) {
      throw new ShapeError("einsum", `an operand with the axes "${term}"`, shapes[i]!);
    }
    return [...before, ...ellipsis(covered), ...after];
  });
  const sizes = sizesOf(inputs, shapes);
  const widest = Math.max(0, ...inputs.map((labels) => labels.filter(isEllipsis).length));
  const output = right === undefined ? impliedOutput(inputs, widest) : explicitOutput(right, widest, refuse);
  for (const label of output) if (!sizes.has(label)) refuse(`a result whose axes occur on the left`);
  if (new Set(output).size < output.length) refuse("a result that names each axis once");
  return { inputs, output, sizes };
}

interface Term {
  readonly before: readonly Label[];
  readonly after: readonly Label[];
  readonly dots: boolean;
}

function splitTerm(term: string, refuse: (wanted: string) => never): Term {
  const [before, after, ...more] = term.split("...");
  const letters = `${before}${after ?? ""}`;
  if (more.length > 0 || !/^[A-Za-z]*$/.test(letters)) {
    refuse('an equation of letters, with at most one "..." in a term');
  }
  return { before: [...before!], after: [...(after ?? "")], dots: after !== undefined };
}

/** Labels counted from the end, so that ellipses of different lengths align there as broadcasting does. */
function ellipsis(count: number): Label[] {
  return Array.from({ length: count }, (_, i) => `…${count - i}`);
}

const isEllipsis = (label: Label) => label.length > 1;

function impliedOutput(inputs: readonly (readonly Label[])[], widest: number): Label[] {
  const letters = inputs.flat().filter((label) => !isEllipsis(label));
  const once = letters.filter((label) => letters.indexOf(label) === letters.lastIndexOf(label));
  return [...ellipsis(widest), ...once.sort()];
}

function explicitOutput(term: string, widest: number, refuse: (wanted: string) => never): Label[] {
  const { before, after, dots } = splitTerm(term, refuse);
  return [...before, ...ellipsis(dots ? widest : 0), ...after];
}

function sizesOf(inputs: readonly (readonly Label[])[], shapes: readonly Shape[]): Map<Label, number> {
  const sizes = new Map<Label, number>();
  inputs.forEach((labels, i) => {
    const shape = shapes[i]!;
    labels.forEach((label, axis) => {
      const size = shape[axis]!;
      if (size !== shape[labels.indexOf(label)]) {
        throw new ShapeError("einsum", `axes of one size for a repeated "${label}"`, shape);
      }
      const known = sizes.get(label) ?? 1;
      if (known !== 1 && size !== 1 && known !== size) {
        throw new ShapeError("einsum", `a size of ${known} or 1 for axis "${label}"`, shape);
      }
      if (known === 1) sizes.set(label, size);
    });
  });
  return sizes;
}
