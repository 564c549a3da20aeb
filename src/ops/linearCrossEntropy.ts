import { ShapeError } from "../errors.ts";
import { GEMM_SCRATCH } from "../runtime/kernels/gemm.ts";
import { empty, emptyLike, isRecorded, operands, type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { crossEntropyDefinition } from "./crossEntropy.ts";
import { matmul } from "./matmul.ts";
import {
  type ClassLoss,
  type ClassLossOptions,
  checkClassLoss,
  reduceRows,
  spreadOverRows,
} from "./support/classLoss.ts";
import { copyStrided } from "./support/copy.ts";
import { needFloats } from "./support/operand.ts";

/**
 * Logits that exist at once: 32 MiB of f32, enough rows for products at full speed. The gradient's sums go
 * chunk by chunk.
 */
const CHUNK_LOGITS = 2 ** 23;

/**
 * crossEntropy(x·weightᵀ, targets), without ever holding all logits.
 *
 *   x: [..., C]   weight: [V, C]   targets: [...], i32
 *
 * Rows are worked on in chunks. Backward computes a chunk's logits again, which is one product in four.
 * For it nothing of size V outlives a chunk, evaluation pays for no gradient, a frozen weight for no dWeight,
 * and the gradient may have any scale, a loss per row included.
 */
export function linearCrossEntropy(
  x: Tensor,
  weight: Tensor,
  targets: Tensor,
  options: ClassLossOptions = {},
): Tensor {
  const runtime = operands("linearCrossEntropy", x, weight, targets);
  needFloats("linearCrossEntropy", x, weight);
  const [classes, width] = weight.shape;
  if (weight.rank !== 2 || x.rank === 0 || x.shape.at(-1) !== width) {
    throw new ShapeError("linearCrossEntropy", "x of [..., C] and a weight of [V, C]", x.shape, weight.shape);
  }
  const loss = checkClassLoss("linearCrossEntropy", [...x.shape.slice(0, -1), classes!], targets, options);
  const losses = empty(runtime, [loss.rows]);
  const logSumExp = empty(runtime, [loss.rows]);
  forEachChunk(x, weight, loss, (logits, first, rows) => {
    const [chunkLosses, chunkLogSumExp] = [empty(runtime, [rows]), empty(runtime, [rows])];
    runtime.kernels.crossEntropy(
      chunkLosses.ptr,
      chunkLogSumExp.ptr,
      logits.ptr,
      rowsOf(targets, first, rows).ptr,
      rows,
      loss.classes,
      loss.ignoreIndex,
      loss.labelSmoothing,
    );
    copyStrided(losses, chunkLosses, { shape: [rows], yOffset: first });
    copyStrided(logSumExp, chunkLogSumExp, { shape: [rows], yOffset: first });
  });
  const y = reduceRows(losses, targets.shape, loss);
  const saved = isRecorded(x, weight) ? [x, weight, targets, logSumExp] : [];
  record(y, linearCrossEntropyRule, { inputs: [x, weight, targets], saved, constants: loss });
  logSumExp.dispose();
  return y;
}

/** With dLogits as in crossEntropy: dx = dLogits·weight, dWeight = dLogitsᵀ·x. */
const linearCrossEntropyRule: Rule<ClassLoss> = {
  op: "linearCrossEntropy",
  backward([dy], { saved, constants: loss, needs }) {
    const [x, weight, targets, logSumExp] = saved as [Tensor, Tensor, Tensor, Tensor];
    const { runtime } = x;
    const dx = needs[0] ? emptyLike(x) : null;
    const dWeight = needs[1] ? emptyLike(weight) : null;
    const dLoss = spreadOverRows(dy!, loss);
    if (dWeight) runtime.kernels.fill(dWeight.ptr, dWeight.size, 0);
    forEachChunk(x, weight, loss, (logits, first, rows) => {
      runtime.kernels.crossEntropyBackward(
        logits.ptr,
        rowsOf(dLoss, first, rows).ptr,
        logits.ptr,
        rowsOf(targets, first, rows).ptr,
        rowsOf(logSumExp, first, rows).ptr,
        rows,
        loss.classes,
        loss.ignoreIndex,
        loss.labelSmoothing,
      );
      addProducts(dx, dWeight, { dLogits: logits, x, weight, first, rows });
    });
    return [dx, dWeight, null];
  },
  definition([x, weight, targets], loss) {
    return [crossEntropyDefinition(matmul(x!, weight!, { transposeB: true }), targets!, loss)];
  },
};

/**
 * Computes the logits of one chunk of rows after the other into the same memory; `visit` may overwrite them.
 */
function forEachChunk(
  x: Tensor,
  weight: Tensor,
  { rows, classes }: ClassLoss,
  visit: (logits: Tensor, first: number, rows: number) => void,
): void {
  const { runtime } = x;
  const chunk = Math.min(rows, rowsPerChunk(classes));
  runtime.scope(() => {
    const logits = empty(runtime, [chunk, classes]);
    for (let first = 0; first < rows; first += chunk) {
      const count = Math.min(chunk, rows - first);
      runtime.scope(() => {
        computeLogits(logits, x, weight, first, count);
        visit(logits, first, count);
      });
    }
  });
}

/** A multiple of 8, where there is room for so many, because products work on tiles of rows. */
function rowsPerChunk(classes: number): number {
  const rows = Math.max(1, Math.floor(CHUNK_LOGITS / classes));
  return rows > 8 ? rows - (rows % 8) : rows;
}

/** logits = x·weightᵀ for `rows` rows of x from `first` on. */
function computeLogits(logits: Tensor, x: Tensor, weight: Tensor, first: number, rows: number): void {
  const [classes, width] = weight.shape as [number, number];
  const sizes = { m: rows, n: classes, k: width };
  if (width === 0) logits.runtime.kernels.fill(logits.ptr, logits.size, 0);
  else multiply("gemm", logits, x, weight, { ...sizes, aOffset: first * width, bTransposed: true });
}

/** dx = dLogits·weight in the chunk's rows; dWeight += dLogitsᵀ·x. */
function addProducts(
  dx: Tensor | null,
  dWeight: Tensor | null,
  chunk: { dLogits: Tensor; x: Tensor; weight: Tensor; first: number; rows: number },
): void {
  const { dLogits, x, weight, first, rows } = chunk;
  const [classes, width] = weight.shape as [number, number];
  const offset = first * width;
  if (dx) multiply("gemm", dx, dLogits, weight, { m: rows, n: width, k: classes, cOffset: offset });
  if (dWeight) {
    const sizes = { m: classes, n: width, k: rows };
    multiply("gemmAddInto", dWeight, dLogits, x, { ...sizes, aTransposed: true, bOffset: offset });
  }
}

/** One product of contiguous matrices that begin somewhere inside their tensors. */
interface Multiplication {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly cOffset?: number;
  readonly aOffset?: number;
  readonly bOffset?: number;
  readonly aTransposed?: boolean;
  readonly bTransposed?: boolean;
}

/**
 * C = A·B, or C += A·B, by the very kernel named: the size of a chunk must not decide how a row is summed.
 */
function multiply(
  kernel: "gemm" | "gemmAddInto",
  c: Tensor,
  a: Tensor,
  b: Tensor,
  { m, n, k, cOffset = 0, aOffset = 0, bOffset = 0, aTransposed, bTransposed }: Multiplication,
): void {
  const [aRow, aColumn] = aTransposed ? [1, m] : [k, 1];
  const [bRow, bColumn] = bTransposed ? [1, k] : [n, 1];
  const { runtime } = c;
  runtime.scratch(GEMM_SCRATCH, (scratch) => {
    runtime.kernels[kernel](
      c.ptr,
      a.ptr,
      b.ptr,
      scratch,
      cOffset,
      aOffset,
      bOffset,
      m,
      n,
      k,
      n,
      aRow,
      aColumn,
      bRow,
      bColumn,
      1,
      0,
      0,
      0,
    );
  });
}

/** A copy of some elements of a tensor of one number per row. */
function rowsOf(all: Tensor, first: number, rows: number): Tensor {
  const part = empty(all.runtime, [rows], all.dtype);
  copyStrided(part, all, { shape: [rows], xOffset: first });
  return part;
}
