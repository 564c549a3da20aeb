/**
 * o = dropout(softmax(scale·q·kᵀ))·v of one head, streamed:
 *
 *   pack K in panels and V in octets, once
 *   for each panel of queries
 *     pack it, scaled
 *     for each block of 264 keys that one of them sees
 *       scores → weights → (dropout) → values blended into o
 *
 * Short values are read in place. Few queries pack nothing and go one by one: same sums, same bits.
 */
import { dropPanel, SLACK_BEFORE, SLACK_BEHIND } from "./dropout";
import { attendOne, FEW } from "./fewQueries";
import { packOctets, packRowPanels, PANEL, PANEL_BYTES, wholePanels } from "./panels";
import { LN_2, LOG2_E, POWER_TABLE_BYTES, preparePowers } from "./power";
import { attentionScores, attentionValues } from "./products";
import { BLOCK, SPARE_BYTES } from "./tiles";
import { attentionWeights, clearStatistics, MAXIMUM, STATISTICS_BYTES, SUM } from "./weights";

/** Keys of a block, as the contract says. */
const KEY_BLOCK: i32 = 264;

/** Where things lie in the scratch. */
const STATISTICS: usize = POWER_TABLE_BYTES;
const SPARE: usize = STATISTICS + STATISTICS_BYTES;
const LINE: usize = SPARE + SPARE_BYTES + SLACK_BEFORE;
const SCORES: usize = LINE + <usize>KEY_BLOCK * 4 + SLACK_BEHIND;
const QUERY_PANEL: usize = SCORES + <usize>KEY_BLOCK * PANEL_BYTES;

/** As the contract says; offsets, sizes and rows in elements. */
export function attention(
  o: usize, rowMaximum: usize, rowSum: usize, q: usize, k: usize, v: usize, scratch: usize,
  oOffset: i32, rowOffset: i32, qOffset: i32, kOffset: i32, vOffset: i32,
  queries: i32, keys: i32, headWidth: i32, oRow: i32, qRow: i32, kRow: i32, vRow: i32,
  scale: f32, causalOffset: i32, window: i32, dropoutRate: f64, key0: i32, key1: i32, firstQuery: i32,
): void {
  const kStart = k + (<usize>kOffset << 2);
  const vStart = v + (<usize>vOffset << 2);
  const oRowBytes = <usize>oRow << 2;
  const kRowBytes = <usize>kRow << 2;
  const vRowBytes = <usize>vRow << 2;
  const queryPanel = scratch + QUERY_PANEL;
  const keyPanels = queryPanel + <usize>headWidth * PANEL_BYTES;
  const octets = keyPanels + (<usize>(wholePanels(keys) * headWidth) << 2);
  const octetBytes = <usize>keys << 5;
  const inPlace = keys <= BLOCK && (headWidth & 7) === 0;
  const seenKeys = max(0, min(keys, queries + causalOffset));

  preparePowers(scratch);
  if (queries <= FEW && dropoutRate === 0) {
    for (let i = 0; i < queries; i++) {
      const position = i + causalOffset;
      const row = <usize>(rowOffset + i) << 2;
      attendOne(
        o + (<usize>(oOffset + i * oRow) << 2), rowMaximum + row, rowSum + row,
        q + (<usize>(qOffset + i * qRow) << 2), kStart, vStart,
        queryPanel, scratch + SCORES, scratch, max(0, position - window + 1), min(keys, position + 1),
        headWidth, kRowBytes, vRowBytes, scale, KEY_BLOCK,
      );
    }
    return;
  }
  packRowPanels(keyPanels, kStart, kRowBytes, seenKeys, headWidth, 1);
  if (!inPlace) packOctets(octets, vStart, vRowBytes, octetBytes, seenKeys, headWidth);
  for (let i = 0; i < queries; i += PANEL) {
    const rows = min(PANEL, queries - i);
    const query = q + (<usize>(qOffset + i * qRow) << 2);
    const rowBytes = <usize>(rowOffset + i) << 2;
    packRowPanels(queryPanel, query, <usize>qRow << 2, rows, headWidth, scale * LOG2_E);
    attentionPanel(
      o + (<usize>(oOffset + i * oRow) << 2), oRowBytes, scratch, keyPanels,
      inPlace ? vStart : octets, inPlace ? vRowBytes : 32, inPlace ? 32 : octetBytes,
      rows, keys, headWidth, i + causalOffset, window, firstQuery + i, dropoutRate, key0, key1,
    );
    keepStatistics(rowMaximum + rowBytes, rowSum + rowBytes, scratch + STATISTICS, rows);
  }
}

/**
 * Outputs and statistics of `rows` queries, the first being number i of its head and at `position`. The keys lie in
 * panels, the values as `attentionValues` wants them.
 */
export function attentionPanel(
  o: usize, oRow: usize, scratch: usize, k: usize, v: usize, lineBytes: usize, octetBytes: usize,
  rows: i32, keys: i32, width: i32, position: i32, window: i32, i: i32, rate: f64, key0: i32, key1: i32,
): void {
  const start = max(0, position - window + 1);
  const end = min(keys, position + rows);
  const statistics = scratch + STATISTICS;
  const scores = scratch + SCORES;
  const query = scratch + QUERY_PANEL;
  const spare = scratch + SPARE;
  let first = true;
  clearStatistics(statistics);
  if (start >= end) clearRows(o, oRow, rows, width);
  for (let block = start - (start % KEY_BLOCK); block < end; block += KEY_BLOCK) {
    const to = min(end, block + KEY_BLOCK);
    attentionScores(scores, query, k, rows, width, block, to, position, window);
    panelWeights(scratch, rows, block, max(block, start), to, position, window);
    if (rate > 0) {
      dropPanel(scores, scratch + LINE, i, rows, keys, block, to, position, window, rate, key0, key1);
    }
    attentionValues(
      o, oRow, scores, statistics, v, lineBytes, octetBytes, spare,
      rows, width, block, to, position, window, first,
    );
    first = false;
  }
}

/** Scores of the keys from … to become weights, eight queries at a time. */
function panelWeights(
  scratch: usize, rows: i32, block: i32, from: i32, to: i32, position: i32, window: i32,
): void {
  for (let lane = 0; lane < rows; lane += 8) {
    const lanes = min(8, rows - lane);
    const laneBytes = <usize>lane << 2;
    const seenFrom = max(block, position + lane - window + 1);
    const seenTo = max(seenFrom, min(to, position + lane + lanes));
    attentionWeights(
      scratch + SCORES + laneBytes, scratch + STATISTICS + laneBytes, scratch, lanes,
      block, seenFrom, seenTo, from, to, position + lane, window,
    );
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
