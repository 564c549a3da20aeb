/**
 * The two products of the forward pass, over a panel of queries and a block of keys. A query sees a stretch
 * of keys only, so each tile has its own: a tile that nobody sees is not computed.
 *
 *   scores  S^T[keys, queries] = K·Q^T     sums over columns; keys by fours or sixes, queries by eights
 *   values  O[queries, columns] = P·V      sums over keys; queries by fours or sixes, columns by eights
 *
 * S^T is the panel from which P is read: its lines are keys.
 */
import { tile4, tile6 } from "../gemm/tile";
import { PANEL, PANEL_BYTES } from "./panels";
import { blendTile4, blendTile6 } from "./tiles";
import { FACTOR, WEIGHT } from "./weights";

/** Keys of a tile of scores at which a stretch may begin. */
const KEY_TILE: i32 = ASC_FEATURE_RELAXED_SIMD ? 6 : 4;

/** Scores of the keys block … blockEnd for `rows` queries, the first at `position`. */
export function attentionScores(
  scores: usize, queryPanel: usize, keyPanels: usize, rows: i32, depth: i32,
  block: i32, blockEnd: i32, position: i32, window: i32,
): void {
  const start = max(block, position - window + 1);
  for (let key = start - (start % KEY_TILE); key < blockEnd; key += KEY_TILE) {
    const inside = key % PANEL;
    const left = keyPanels + (<usize>((key - inside) * depth + inside) << 2);
    const line = scores + <usize>(key - block) * PANEL_BYTES;
    for (let lane = 0; lane < rows; lane += 8) {
      const from = position + lane - window + 1;
      const to = min(blockEnd, position + min(lane + 8, rows));
      if (key >= to || key + KEY_TILE <= from) continue;
      const right = queryPanel + (<usize>lane << 2);
      const target = line + (<usize>lane << 2);
      if (ASC_FEATURE_RELAXED_SIMD && to - key > 4) {
        tile6(target, PANEL_BYTES, left, PANEL_BYTES, right, PANEL_BYTES, depth, false);
      } else {
        tile4(target, PANEL_BYTES, left, PANEL_BYTES, right, PANEL_BYTES, depth, false);
      }
    }
  }
}

/**
 * Blends Σ_j p[i, j]·v[j] into the output of `rows` queries. `weights` is the line of key `block`; line j,
 * octet c of the values lies at values + j·lineBytes + c·octetBytes. A fringe tile is computed whole in
 * `spare` and copied in part.
 */
export function attentionValues(
  o: usize, oRow: usize, weights: usize, statistics: usize,
  values: usize, lineBytes: usize, octetBytes: usize, spare: usize,
  rows: i32, width: i32, block: i32, blockEnd: i32, position: i32, window: i32, first: bool,
): void {
  for (let column = 0; column < width; column += 8) {
    const columns = min(8, width - column);
    let lane = 0;
    while (lane < rows) {
      const left = rows - lane;
      const height = ASC_FEATURE_RELAXED_SIMD && left > 4 && left !== 8 ? 6 : 4;
      const kept = min(height, left);
      const from = max(block, position + lane - window + 1);
      const depth = min(blockEnd, position + lane + kept) - from;
      const laneBytes = <usize>lane << 2;
      const p = weights + <usize>(from - block) * PANEL_BYTES + laneBytes;
      const v = values + <usize>from * lineBytes;
      const weight = statistics + WEIGHT + laneBytes;
      const factor = statistics + FACTOR + laneBytes;
      const target = o + <usize>lane * oRow + (<usize>column << 2);
      const whole = kept === height && columns === 8;
      const c = whole ? target : spare;
      const cRow = whole ? oRow : 32;
      if (!whole) copyPart(spare, 32, target, oRow, kept, columns);
      if (ASC_FEATURE_RELAXED_SIMD && height === 6) {
        blendTile6(c, cRow, p, PANEL_BYTES, v, lineBytes, depth, weight, factor, first);
      } else {
        blendTile4(c, cRow, p, PANEL_BYTES, v, lineBytes, depth, weight, factor, first);
      }
      if (!whole) copyPart(target, oRow, spare, 32, kept, columns);
      lane += height;
    }
    values += octetBytes;
  }
}

/** The part of a tile that exists. */
export function copyPart(
  to: usize, toRow: usize, from: usize, fromRow: usize, rows: i32, columns: i32,
): void {
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const at = <usize>column << 2;
      store<f32>(to + at, load<f32>(from + at));
    }
    to += toRow;
    from += fromRow;
  }
}
