import { broadcastStrides, type Shape } from "../../shape.ts";

/** Axes of a broadcast operation merged as far as each operand's steps allow; the last two are a kernel's rows and columns. */
export interface Layout {
  readonly sizes: readonly number[];
  /** Per operand, the step of each merged axis in elements; 0 where the operand repeats. */
  readonly strides: readonly (readonly number[])[];
}

/**
 * Merges neighbouring axes along which every operand goes on where it left off (or repeats): [B, T, C] + [C] becomes rows × columns
 * with the steps (C, 1) and (0, 1). Most broadcasts end with two axes or fewer.
 */
export function mergeAxes(shape: Shape, operands: readonly Shape[]): Layout {
  const all = operands.map((operand) => broadcastStrides(operand, shape));
  const sizes: number[] = [];
  const strides: number[][] = operands.map(() => []);
  shape.forEach((n, axis) => {
    if (n === 1) return;
    const last = sizes.length - 1;
    const continues = last >= 0 && all.every((steps, i) => strides[i]![last] === n * steps[axis]!);
    if (continues) sizes[last]! *= n;
    else sizes.push(n);
    const at = continues ? last : last + 1;
    all.forEach((steps, i) => {
      strides[i]![at] = steps[axis]!;
    });
  });
  return { sizes, strides };
}

/** One call of a kernel that works on rows × columns: where each operand begins, and its steps. */
export interface Plane {
  readonly rows: number;
  readonly columns: number;
  readonly outputOffset: number;
  readonly offsets: readonly number[];
  readonly rowStrides: readonly number[];
  readonly columnStrides: readonly number[];
}

/** Calls `run` for each rows × columns plane of a broadcast operation; nearly always once. */
export function forEachPlane(shape: Shape, operands: readonly Shape[], run: (plane: Plane) => void): void {
  const { sizes, strides } = mergeAxes(shape, operands);
  const outer = Math.max(0, sizes.length - 2);
  const axisFromEnd = (steps: readonly number[], back: number) => steps[sizes.length - back] ?? 0;
  const columns = sizes.at(-1) ?? 1;
  const rows = sizes.at(-2) ?? 1;
  const rowStrides = strides.map((steps) => axisFromEnd(steps, 2));
  const columnStrides = strides.map((steps) => axisFromEnd(steps, 1));
  const visit = (axis: number, outputOffset: number, offsets: readonly number[]): void => {
    if (axis === outer) {
      run({ rows, columns, outputOffset: outputOffset * rows * columns, offsets, rowStrides, columnStrides });
      return;
    }
    for (let i = 0; i < sizes[axis]!; i++) {
      const next = offsets.map((offset, operand) => offset + i * strides[operand]![axis]!);
      visit(axis + 1, outputOffset * sizes[axis]! + i, next);
    }
  };
  visit(
    0,
    0,
    operands.map(() => 0),
  );
}
