import fc from "fast-check";
import { GEMM_SCRATCH } from "../../src/runtime/kernels/gemm.ts";
import {
  changed,
  floatInput,
  type Implementation,
  type Operand,
  type Result,
  run,
  scratch,
} from "./harness.ts";

/**
 * A product and how its operands lie: `offset` elements before all, `spare` after each row, `gap` after each
 * problem.
 */
export interface Problem {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly batch: number;
  readonly spare: number;
  readonly gap: number;
  readonly offset: number;
  readonly add: boolean;
  readonly seed: number;
}

/** Sizes around the tiles' edges (4 and 6 rows, 4 and 8 columns) and the contract's blocks of 256 terms. */
const size = fc.oneof(
  fc.integer({ min: 1, max: 19 }),
  fc.constantFrom(23, 24, 25, 31, 33, 63, 64, 65, 127, 129),
);
const depth = fc.oneof(
  fc.integer({ min: 1, max: 40 }),
  fc.constantFrom(63, 64, 65, 255, 256, 257, 511, 512, 513),
);

export const problems = fc.record<Problem>({
  m: size,
  n: size,
  k: depth,
  transposeA: fc.boolean(),
  transposeB: fc.boolean(),
  batch: fc.constantFrom(1, 1, 2, 3),
  spare: fc.constantFrom(0, 0, 1, 5),
  gap: fc.constantFrom(0, 3),
  offset: fc.constantFrom(0, 1, 7),
  add: fc.boolean(),
  seed: fc.integer(),
});

const dense: Problem = {
  ...{ m: 1, n: 1, k: 1, transposeA: false, transposeB: false, batch: 1, spare: 0, gap: 0, offset: 0 },
  ...{ add: false, seed: 7 },
};

/** Problems larger than a packed block in one direction or another, and shapes that Transformers have. */
export const largeProblems: readonly Problem[] = [
  { ...dense, m: 131, n: 70, k: 300 },
  { ...dense, m: 259, n: 65, k: 130, transposeB: true, add: true },
  { ...dense, m: 515, n: 24, k: 257, transposeA: true },
  { ...dense, m: 9, n: 1034, k: 260, add: true },
  { ...dense, m: 10, n: 2057, k: 33, transposeB: true },
  { ...dense, m: 66, n: 72, k: 768, transposeA: true, add: true },
  { ...dense, m: 64, n: 32, k: 64, batch: 4 },
  { ...dense, m: 64, n: 64, k: 32, batch: 3, transposeB: true },
  { ...dense, m: 64, n: 64, k: 64, transposeA: true },
  { ...dense, m: 1, n: 300, k: 300 },
  { ...dense, m: 3, n: 4099, k: 258, transposeA: true, add: true },
  { ...dense, m: 3, n: 500, k: 513 },
  { ...dense, m: 15374, n: 8, k: 5 },
  { ...dense, m: 300, n: 1, k: 300 },
];

/** Where element [z, i, j] lies: offset + z·batch + i·row + j·column. */
interface Layout {
  readonly row: number;
  readonly column: number;
  readonly batch: number;
  readonly size: number;
}

function layout(rows: number, columns: number, transposed: boolean, problem: Problem): Layout {
  const lead = (transposed ? rows : columns) + problem.spare;
  const batch = lead * (transposed ? columns : rows) + problem.gap;
  const size = problem.offset + problem.batch * batch;
  return { row: transposed ? 1 : lead, column: transposed ? lead : 1, batch, size };
}

export function layouts(problem: Problem): { a: Layout; b: Layout; c: Layout } {
  const { m, n, k } = problem;
  return {
    a: layout(m, k, problem.transposeA, problem),
    b: layout(k, n, problem.transposeB, problem),
    c: layout(m, n, false, problem),
  };
}

/** Numbers in [-1, 1), some of them 0 and −0. Mulberry32. */
export function drawn(length: number, seed: number): Float32Array {
  let state = seed | 0;
  return Float32Array.from({ length }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    const value = ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1;
    return value > 0.95 ? 0 : value < -0.95 ? -0 : value;
  });
}

/**
 * Values where the matrix has elements and NaN everywhere else, so that a kernel that reads a gap is found
 * out.
 */
function matrix(rows: number, columns: number, at: Layout, problem: Problem, salt: number): Float32Array {
  const values = new Float32Array(at.size).fill(Number.NaN);
  const source = drawn(problem.batch * rows * columns, problem.seed + salt);
  let next = 0;
  for (let z = 0; z < problem.batch; z++)
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++)
        values[problem.offset + z * at.batch + i * at.row + j * at.column] = source[next++]!;
  return values;
}

/** The memory of the three matrices, gaps included; C as it is before the product. */
export interface Given {
  readonly a: Float32Array;
  readonly b: Float32Array;
  readonly c: Float32Array;
}

export function given(problem: Problem): Given {
  const at = layouts(problem);
  return {
    a: matrix(problem.m, problem.k, at.a, problem, 1),
    b: matrix(problem.k, problem.n, at.b, problem, 2),
    c: drawn(at.c.size, problem.seed + 3),
  };
}

/** Rows [from, to) and columns [from, to) of a problem. */
export interface Part {
  readonly rows: readonly [number, number];
  readonly columns: readonly [number, number];
}

/** All of C's memory after the product, or after the part of it. */
export function multiply(on: Implementation, problem: Problem, { a, b, c }: Given, part?: Part): Result {
  const [top, bottom] = part?.rows ?? [0, problem.m];
  const [left, right] = part?.columns ?? [0, problem.n];
  const at = layouts(problem);
  const { offset, batch, k } = problem;
  const operands: Operand[] = [changed(floatInput(c)), floatInput(a), floatInput(b), scratch(GEMM_SCRATCH)];
  const numbers = [
    ...[offset + top * at.c.row + left, offset + top * at.a.row, offset + left * at.b.column],
    ...[bottom - top, right - left, k],
    ...[at.c.row, at.a.row, at.a.column, at.b.row, at.b.column],
    ...[batch, at.c.batch, at.a.batch, at.b.batch],
  ];
  const call = { operands, numbers, seed: problem.seed };
  return run(on, problem.add ? "gemmAddInto" : "gemm", call)[0]!;
}

/** Calls `visit` with the place in C and the coordinates of each element. */
export function eachElement(
  problem: Problem,
  visit: (index: number, z: number, i: number, j: number) => void,
): void {
  const at = layouts(problem).c;
  for (let z = 0; z < problem.batch; z++)
    for (let i = 0; i < problem.m; i++)
      for (let j = 0; j < problem.n; j++) visit(problem.offset + z * at.batch + i * at.row + j, z, i, j);
}
