import { linear, matmul, scope, slice, type Tensor } from "lanegrad";
import type { Case } from "../case.ts";
import { deviation, errorOf, exactly, normal } from "../exact.ts";

/** How A and B lie: N as the product reads them, T with their axes exchanged. */
const layouts = ["NN", "NT", "TN"] as const;
type Layout = (typeof layouts)[number];

/** y = a·b with a [batch, m, k] and b [batch, k, n], each perhaps stored transposed. */
interface ProductSizes {
  readonly batch?: number;
  readonly m: number;
  readonly k: number;
  readonly n: number;
}

/** Rows of a product that are computed again in f64. */
const CHECKED_ROWS = 32;

function product(layout: Layout, { batch = 1, m, k, n }: ProductSizes): Case {
  const transposeA = layout.startsWith("T");
  const transposeB = layout.endsWith("T");
  const leading = batch > 1 ? [batch] : [];
  const flops = 2 * batch * m * n * k;
  return {
    part: "gemm",
    name: `matmul ${layout}`,
    size: `${batch > 1 ? `${batch}× ` : ""}${m}×${k}×${n}`,
    work: { unit: "GFLOP/s", amount: flops },
    yardstick: { loop: "multiplyAdd", amount: flops },
    prepare() {
      const a = normal(1, ...leading, ...(transposeA ? [k, m] : [m, k]));
      const b = normal(2, ...leading, ...(transposeB ? [n, k] : [k, n]));
      return {
        run: () => void scope(() => void matmul(a, b, { transposeA, transposeB })),
        error: () => productError(a, b, layout, { batch, m, k, n }),
      };
    },
  };
}

/** Error of some rows of the first and the last product of a batch. */
function productError(a: Tensor, b: Tensor, layout: Layout, { batch = 1, m, k, n }: ProductSizes): number {
  const transposeA = layout.startsWith("T");
  const transposeB = layout.endsWith("T");
  const [left, right] = [a.toTypedArray(), b.toTypedArray()];
  const y = scope(() => matmul(a, b, { transposeA, transposeB }).toTypedArray());
  const values: number[] = [];
  const exact: number[] = [];
  const step = Math.max(1, Math.floor(m / CHECKED_ROWS));
  for (const matrix of new Set([0, batch - 1])) {
    for (let i = 0; i < m; i += step) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let p = 0; p < k; p++) {
          const atA = matrix * m * k + (transposeA ? p * m + i : i * k + p);
          const atB = matrix * k * n + (transposeB ? j * k + p : p * n + j);
          sum += left[atA]! * right[atB]!;
        }
        exact.push(sum);
        values.push(y[(matrix * m + i) * n + j]!);
      }
    }
  }
  return deviation(values, exact);
}

function linearLayer(rows: number, inputs: number, outputs: number): Case {
  const flops = 2 * rows * inputs * outputs;
  return {
    part: "gemm",
    name: "linear",
    size: `${rows}×${inputs}×${outputs}`,
    work: { unit: "GFLOP/s", amount: flops },
    yardstick: { loop: "multiplyAdd", amount: flops },
    prepare() {
      const operands = [normal(1, rows, inputs), normal(2, outputs, inputs), normal(3, outputs)] as const;
      const forward = (x: Tensor, weight: Tensor, bias: Tensor) => [linear(x, weight, bias)];
      return {
        run: () => void scope(() => void linear(...operands)),
        error: () =>
          errorOf(
            forward(...operands),
            exactly((x, w, b) => forward(x!, w!, b!), operands),
          ),
      };
    },
  };
}

/** Outputs of a long row that are computed again in f64. */
const CHECKED_COLUMNS = 512;
/** Copies of a matrix that together are larger than any cache. */
const ROTATION_BYTES = 150e6;

/** One row times a matrix that comes from memory: several copies take turns. */
function rowTimesMatrix(k: number, n: number): Case {
  const bytes = 4 * k * n;
  const copies = Math.ceil(ROTATION_BYTES / bytes);
  return {
    part: "gemm",
    name: "linear, one row",
    size: `1×${k}×${n}`,
    work: { unit: "GB/s", amount: bytes },
    yardstick: { loop: "read", amount: bytes, span: copies * bytes },
    prepare() {
      const x = normal(1, 1, k);
      const matrices = Array.from({ length: copies }, (_, i) => normal(2 + i, n, k));
      let turn = 0;
      return {
        run: () => {
          const matrix = matrices[turn++ % copies]!;
          scope(() => void linear(x, matrix));
        },
        error: () => {
          const checked = [x, slice(matrices[0]!, [[0, CHECKED_COLUMNS]])];
          return errorOf(
            [linear(x, matrices[0]!)],
            exactly((row, matrix) => [linear(row!, matrix!)], checked),
          );
        },
      };
    },
  };
}

/** Sizes of nanoGPT's CPU configuration, 768 positions: the layers' products, and the gradients of their weights. */
const ofTraining: readonly ProductSizes[] = [
  { m: 768, k: 128, n: 384 },
  { m: 768, k: 128, n: 512 },
  { m: 768, k: 512, n: 128 },
  { m: 384, k: 768, n: 128 },
  { m: 512, k: 768, n: 128 },
  { m: 128, k: 768, n: 512 },
  { m: 768, k: 128, n: 65 },
  { m: 768, k: 65, n: 128 },
  { m: 65, k: 768, n: 128 },
];

const batches: readonly ProductSizes[] = [
  { batch: 48, m: 64, k: 32, n: 64 },
  { batch: 48, m: 64, k: 64, n: 32 },
];

const squares = [64, 128, 256, 512, 1024].map((size) => ({ m: size, k: size, n: size }));

export const gemmCases: readonly Case[] = [
  ...[...squares, ...ofTraining, ...batches].flatMap((sizes) =>
    layouts.map((layout) => product(layout, sizes)),
  ),
  linearLayer(768, 128, 512),
  rowTimesMatrix(768, 3072),
  rowTimesMatrix(768, 50257),
];
