/**
 * o = dropout(softmax(scale·q·kᵀ))·v of one head, streamed:
 *
 *   pack K in panels, V in octets, once
 *   for each panel of queries
 *     pack it, scaled
 *     for each block of 264 keys that one of them sees
 *       scores → weights → (dropout) → values blended into o
 */
import { dropWeights } from "./dropout";
import { PANEL, PANEL_BYTES, packOctets, packRowPanels, wholePanels } from "./panels";
import { LN_2, LOG2_E, POWER_TABLE_BYTES, preparePowers } from "./power";
import { attentionScores, attentionValues } from "./products";
import { attentionWeights, clearStatistics, MAXIMUM, STATISTICS_BYTES, SUM } from "./weights";

/** Keys of a block: ATTENTION_KEY_BLOCK of the contract. */
const KEY_BLOCK: i32 = 264;

/** The fringe tile: 6 rows of 8. */
const SPARE_BYTES: usize = 6 * 8 * 4;

/** How the contract names them; offsets, sizes and rows in elements. */
export function attention(
  o: usize,
  rowMaximum: usize,
  rowSum: usize,
  q: usize,
  k: usize,
  v: usize,
  scratch: usize,
  oOffset: i32,
  rowOffset: i32,
  qOffset: i32,
  kOffset: i32,
  vOffset: i32,
  queries: i32,
  keys: i32,
  headWidth: i32,
  oRow: i32,
  qRow: i32,
  kRow: i32,
  vRow: i32,
  scale: f32,
  causalOffset: i32,
  window: i32,
  dropoutRate: f32,
  key0: i32,
  key1: i32,
): void {
  const table = scratch;
  const statistics = table + POWER_TABLE_BYTES;
  const spare = statistics + STATISTICS_BYTES;
  const scores = spare + SPARE_BYTES;
  const queryPanel = scores + <usize>KEY_BLOCK * PANEL_BYTES;
  const keyPanels = queryPanel + <usize>headWidth * PANEL_BYTES;
  const octets = keyPanels + (<usize>(wholePanels(keys) * headWidth) << 2);
  const kStart = k + (<usize>kOffset << 2);
  const vStart = v + (<usize>vOffset << 2);

  preparePowers(table);
  packRowPanels(keyPanels, kStart, <usize>kRow << 2, keys, headWidth, 1);
  packOctets(octets, vStart, <usize>vRow << 2, <usize>keys << 5, keys, headWidth);
  for (let i = 0; i < queries; i += PANEL) {
    const rows = min(PANEL, queries - i);
    const position = i + causalOffset;
    const qStart = q + (<usize>(qOffset + i * qRow) << 2);
    const oStart = o + (<usize>(oOffset + i * oRow) << 2);
    const end = min(keys, position + rows);
    const start = max(0, position - window + 1);
    let block = start - (start % KEY_BLOCK);
    let first = true;
    packRowPanels(queryPanel, qStart, <usize>qRow << 2, rows, headWidth, scale * LOG2_E);
    clearStatistics(statistics);
    while (block < end) {
      const blockEnd = min(end, block + KEY_BLOCK);
      attentionScores(scores, queryPanel, keyPanels, rows, headWidth, block, blockEnd, position, window);
      for (let lane = 0; lane < rows; lane += 8) {
        const laneBytes = <usize>lane << 2;
        const laneEnd = position + min(lane + 8, rows);
        const from = max(block, position + lane - window + 1);
        const to = max(from, min(blockEnd, laneEnd));
        attentionWeights(
          scores + laneBytes,
          statistics + laneBytes,
          table,
          block,
          from,
          to,
          max(block, start),
          blockEnd,
          position + lane,
          laneEnd - 1,
          window,
        );
      }
      if (dropoutRate > 0) {
        dropWeights(scores, i, rows, keys, max(block, start), blockEnd, block, dropoutRate, key0, key1, spare);
      }
      attentionValues(
        oStart,
        <usize>oRow << 2,
        scores,
        statistics,
        octets,
        32,
        <usize>keys << 5,
        spare,
        rows,
        headWidth,
        block,
        blockEnd,
        position,
        window,
        first,
      );
      first = false;
      block += KEY_BLOCK;
    }
    if (first) clearRows(oStart, <usize>oRow << 2, rows, headWidth);
    keepStatistics(rowMaximum + (<usize>(rowOffset + i) << 2), rowSum + (<usize>(rowOffset + i) << 2), statistics, rows);
  }
}

function clearRows(o: usize, oRow: usize, rows: i32, width: i32): void {
  for (let row = 0; row < rows; row++) memory.fill(o + <usize>row * oRow, 0, <usize>width << 2);
}

/** Row maximum, natural again, and row sum; 0 and 1 for a query that saw nothing. */
function keepStatistics(rowMaximum: usize, rowSum: usize, statistics: usize, rows: i32): void {
  for (let row = 0; row < rows; row++) {
    const at = <usize>row << 2;
    const sum = load<f32>(statistics + at, SUM);
    const blind = sum === 0;
    store<f32>(rowMaximum + at, blind ? 0 : load<f32>(statistics + at, MAXIMUM) * LN_2);
    store<f32>(rowSum + at, blind ? 1 : sum);
  }
}
