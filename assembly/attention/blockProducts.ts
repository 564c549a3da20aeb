/**
 * The five products of the backward pass, over a block of at most 96 queries and 96 keys. Weights lie query
 * by query:
 *
 *            key 0 … 95          S  = Q·K^T    dP = dO·V^T   over columns: tiles of queries × 8 keys
 *   query 0  p p p p …           dV += P^T·dO  dK += dS^T·Q  over queries: tiles of keys × 8 columns
 *   query 1  p p p p …           dQ += dS·K                  over keys:    tiles of queries × 8 columns
 *
 * `position` is the last key that the block's first query sees, `window` how many; both relative to the
 * block's first key, so query r sees the keys from position + r - window + 1 to position + r. Tiles that hold
 * nothing seen are left out, which on the diagonal is half of them.
 */
import { tile4, tile6 } from "../gemm/tile";
import { PANEL, PANEL_BYTES } from "./panels";
import { copyPart } from "./products";
import { BLOCK_BYTES, rowsTile4, rowsTile6 } from "./tiles";

/** Rows of the next tile when `left` are left: the last four need no six. */
// @ts-ignore: decorator
@inline
function tileHeight(left: i32): i32 {
  return ASC_FEATURE_RELAXED_SIMD && left > 4 ? 6 : 4;
}

/** Block = A·B^T: `left` panels with the block's first query, `right` panels with its first key, in front. */
export function blockScores(
  block: usize, left: usize, right: usize, rows: i32, columns: i32, depth: i32, position: i32, window: i32,
): void {
  const panelBytes = <usize>depth * PANEL_BYTES;
  let row = 0;
  while (row < rows) {
    const height = tileHeight(rows - row);
    const from = max(0, position + row - window + 1);
    const to = min(columns, position + min(row + height, rows));
    const a = left + <usize>(row / PANEL) * panelBytes + (<usize>(row % PANEL) << 2);
    for (let column = from & ~7; column < to; column += 8) {
      const b = right + <usize>(column / PANEL) * panelBytes + (<usize>(column % PANEL) << 2);
      const c = block + <usize>row * BLOCK_BYTES + (<usize>column << 2);
      if (ASC_FEATURE_RELAXED_SIMD && height === 6) {
        tile6(c, BLOCK_BYTES, a, PANEL_BYTES, b, PANEL_BYTES, depth, false);
      } else {
        tile4(c, BLOCK_BYTES, a, PANEL_BYTES, b, PANEL_BYTES, depth, false);
      }
    }
    row += height;
  }
}

/** C[keys, width] += block^T·B: `right` is the line of the block's first query in the first octet. */
export function addColumns(
  c: usize, cRow: usize, block: usize, right: usize, lineBytes: usize, octetBytes: usize, spare: usize,
  rows: i32, columns: i32, width: i32, position: i32, window: i32,
): void {
  let key = 0;
  while (key < columns) {
    const height = tileHeight(columns - key);
    const kept = min(height, columns - key);
    const from = max(0, key - position);
    const depth = min(rows, key + kept - 1 + window - position) - from;
    const a = block + <usize>from * BLOCK_BYTES + (<usize>key << 2);
    let b = right + <usize>from * lineBytes;
    for (let column = 0; column < width && depth > 0; column += 8) {
      const target = c + <usize>key * cRow + (<usize>column << 2);
      const whole = kept === height && column + 8 <= width;
      const to = whole ? target : spare;
      const toRow = whole ? cRow : 32;
      if (!whole) copyPart(spare, 32, target, cRow, kept, min(8, width - column));
      if (ASC_FEATURE_RELAXED_SIMD && height === 6) {
        tile6(to, toRow, a, BLOCK_BYTES, b, lineBytes, depth, true);
      } else {
        tile4(to, toRow, a, BLOCK_BYTES, b, lineBytes, depth, true);
      }
      if (!whole) copyPart(target, cRow, spare, 32, kept, min(8, width - column));
      b += octetBytes;
    }
    key += height;
  }
}

/** C[queries, width] += block·B: `right` is the line of the block's first key in the first octet. */
export function addRows(
  c: usize, cRow: usize, block: usize, right: usize, lineBytes: usize, octetBytes: usize, spare: usize,
  rows: i32, columns: i32, width: i32, position: i32, window: i32,
): void {
  let row = 0;
  while (row < rows) {
    const height = tileHeight(rows - row);
    const kept = min(height, rows - row);
    const from = max(0, position + row - window + 1);
    const depth = min(columns, position + row + kept) - from;
    const a = block + <usize>row * BLOCK_BYTES + (<usize>from << 2);
    let b = right + <usize>from * lineBytes;
    for (let column = 0; column < width && depth > 0; column += 8) {
      const target = c + <usize>row * cRow + (<usize>column << 2);
      const whole = kept === height && column + 8 <= width;
      const to = whole ? target : spare;
      const toRow = whole ? cRow : 32;
      if (!whole) copyPart(spare, 32, target, cRow, kept, min(8, width - column));
      if (ASC_FEATURE_RELAXED_SIMD && height === 6) rowsTile6(to, toRow, a, b, lineBytes, depth);
      else rowsTile4(to, toRow, a, b, lineBytes, depth);
      if (!whole) copyPart(target, cRow, spare, 32, kept, min(8, width - column));
      b += octetBytes;
    }
    row += height;
  }
}
