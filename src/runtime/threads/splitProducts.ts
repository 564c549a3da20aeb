import { attentionScratch } from "../kernels/attention.ts";
import { GEMM_SCRATCH } from "../kernels/gemm.ts";
import type { Arguments, Split } from "./cut.ts";

/** Multiply-adds per nanosecond, roughly. */
const GEMM_RATE = 25;
const ATTENTION_RATE = 15;
/** Elements of a matrix per nanosecond when each is used once. */
const READ_RATE = 6;

/** Rows of a part of a product: whole tiles of both builds. Columns: whole tiles and lines. */
const TILE_ROWS = 12;
const TILE_COLUMNS = 16;
/** Queries of a panel: attention's sums do not depend on where such a boundary lies. */
const PANEL_QUERIES = 8;

/**
 * c, a, b, scratch; three offsets; m, n, k; cRow, aRow, aColumn, bRow, bColumn; batch, cBatch, aBatch,
 * bBatch. Problems where there are many, else the longer side of C: the operand of the other side is packed
 * by every thread.
 */
export const splitOfGemm: Split = {
  time: (values) => (values[7]! * values[8]! * values[9]! * values[15]!) / GEMM_RATE,
  cut(values) {
    const [m, n, , cRow, aRow, , , bColumn, batch, cBatch, aBatch, bBatch] = values.slice(7) as number[];
    const along = (count: number, grain: number, c: number, a: number, b: number) => {
      const offsets = [[4, c] as const, [5, a] as const, [6, b] as const];
      return { count, grain, pointers: [], offsets };
    };
    if (batch! >= MANY) return along(15, 1, cBatch!, aBatch!, bBatch!);
    if (batch! > 1 && Math.max(m!, n!) < 4 * TILE_COLUMNS) return along(15, 1, cBatch!, aBatch!, bBatch!);
    return m! >= n! ? along(7, TILE_ROWS, cRow!, aRow!, 0) : along(8, TILE_COLUMNS, 1, 0, bColumn!);
  },
  scratch: { argument: 3, slots: () => GEMM_SCRATCH },
};

/** Problems that can be dealt out evenly. */
const MANY = 8;

/** y, x, w; three offsets; n, k, wRow. */
export const splitOfRowTimesMatrix: Split = {
  time: (values) => (values[6]! * values[7]!) / READ_RATE,
  cut: (values) => ({
    count: 6,
    grain: TILE_COLUMNS,
    pointers: [],
    offsets: [
      [3, 1],
      [5, values[8]!],
    ],
  }),
};

/**
 * Query-key pairs that causality allows, times the width of a head; `at`: where `queries` stands among the
 * arguments.
 */
function pairsTimesWidth(values: Arguments, at: number): number {
  const [queries, keys, headWidth] = values.slice(at) as [number, number, number];
  const causalOffset = values[at + 8]!;
  return queries * Math.max(1, Math.min(keys, causalOffset + queries / 2)) * headWidth;
}

/**
 * o, rowMaximum, rowSum, q, k, v, scratch; o, row, q, k, v offsets; queries, keys, headWidth; oRow, qRow,
 * kRow, vRow; scale, causalOffset, window, dropoutRate, key0, key1, firstQuery. Panels of queries.
 */
export const splitOfAttention: Split = {
  time: (values) => (2 * pairsTimesWidth(values, 12)) / ATTENTION_RATE,
  cut(values) {
    const [oRow, qRow] = values.slice(15) as [number, number];
    const offsets = [[7, oRow] as const, [8, 1] as const, [9, qRow] as const, [20, 1] as const];
    return { count: 12, grain: PANEL_QUERIES, pointers: [], offsets: [...offsets, [25, 1] as const] };
  },
  scratch: { argument: 6, slots: (values) => attentionScratch(values[12]!, values[13]!, values[14]!) },
};

/**
 * A head's dK and dV are sums over its queries: heads are shared out, by `independent`, never the inside of
 * one.
 */
export const splitOfAttentionBackward: Split = {
  time: (values) => (5 * pairsTimesWidth(values, 16)) / ATTENTION_RATE,
  cut: () => null,
  scratch: { argument: 10, slots: (values) => attentionScratch(values[16]!, values[17]!, values[18]!) },
};
