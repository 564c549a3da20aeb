/**
 * The gradient of one head, in blocks of 96 queries and 96 keys (Dao et al. 2022, algorithm 4):
 *
 *   pack Q and dO in panels and octets, once; lists of m, 1/l and D = Σ dO∘O
 *   for each block of keys
 *     pack K and V in panels (scaled), K in octets
 *     for each block of queries that sees one of them
 *       S = Q·K^T, dP = dO·V^T  →  P, dS  →  dV += P^T·dO, dK += dS^T·Q, dQ += dS·K
 *
 * A head that is one block is read in place where it would be packed in octets.
 */
import { addColumns, addRows, blockScores } from "./blockProducts";
import { blockWeights, drawBlock, dropBlock, rowConstants } from "./blockWeights";
import { FACTOR_BYTES, SLACK_BEFORE } from "./dropout";
import { packOctets, packRowPanels, wholePanels } from "./panels";
import { LOG2_E, POWER_TABLE_BYTES, preparePowers } from "./power";
import { BLOCK, BLOCK_BYTES, SPARE_BYTES } from "./tiles";

/** Where things lie in the scratch. */
const SPARE: usize = POWER_TABLE_BYTES;
const WEIGHTS: usize = SPARE + SPARE_BYTES;
const D_SCORES: usize = WEIGHTS + <usize>BLOCK * BLOCK_BYTES;
const FACTORS: usize = D_SCORES + <usize>BLOCK * BLOCK_BYTES + SLACK_BEFORE;
const LISTS: usize = FACTORS + <usize>BLOCK * FACTOR_BYTES;

/** As the contract says; offsets, sizes and rows in elements. */
export function attentionBackwardAddInto(
  dQ: usize, dK: usize, dV: usize, dO: usize, o: usize, rowMaximum: usize, rowSum: usize,
  q: usize, k: usize, v: usize, scratch: usize,
  oOffset: i32, rowOffset: i32, qOffset: i32, kOffset: i32, vOffset: i32,
  queries: i32, keys: i32, headWidth: i32, oRow: i32, qRow: i32, kRow: i32, vRow: i32,
  scale: f32, causalOffset: i32, window: i32, dropoutRate: f64, key0: i32, key1: i32,
): void {
  const oBytes = <usize>oOffset << 2;
  const qBytes = <usize>qOffset << 2;
  const rowBytes = <usize>rowOffset << 2;
  const oRowBytes = <usize>oRow << 2;
  const qRowBytes = <usize>qRow << 2;
  const kRowBytes = <usize>kRow << 2;
  const vRowBytes = <usize>vRow << 2;
  const inPlace = queries <= BLOCK && keys <= BLOCK && (headWidth & 7) === 0;

  const lists = scratch + LISTS;
  const listBytes = <usize>queries << 2;
  const packedWidth = <usize>((headWidth + 7) & ~7) << 2;
  const keyPanels = lists + 3 * listBytes;
  const valuePanels = keyPanels + <usize>BLOCK * packedWidth;
  const keyOctets = valuePanels + <usize>BLOCK * packedWidth;
  const queryPanels = keyOctets + <usize>BLOCK * packedWidth;
  const dOPanels = queryPanels + <usize>wholePanels(queries) * packedWidth;
  const queryOctets = dOPanels + <usize>wholePanels(queries) * packedWidth;
  const dOOctets = queryOctets + <usize>queries * packedWidth;
  const octetBytes = <usize>queries << 5;

  preparePowers(scratch);
  rowConstants(
    lists, listBytes, rowMaximum + rowBytes, rowSum + rowBytes, dO + oBytes, o + oBytes,
    queries, headWidth, oRowBytes, scale,
  );
  packRowPanels(queryPanels, q + qBytes, qRowBytes, queries, headWidth, 1);
  packRowPanels(dOPanels, dO + oBytes, oRowBytes, queries, headWidth, 1);
  if (!inPlace) {
    packOctets(queryOctets, q + qBytes, qRowBytes, octetBytes, queries, headWidth);
    packOctets(dOOctets, dO + oBytes, oRowBytes, octetBytes, queries, headWidth);
  }
  for (let j = 0; j < keys; j += BLOCK) {
    const columns = min(BLOCK, keys - j);
    const kBytes = <usize>(kOffset + j * kRow) << 2;
    const vBytes = <usize>(vOffset + j * vRow) << 2;
    packRowPanels(keyPanels, k + kBytes, kRowBytes, columns, headWidth, scale * LOG2_E);
    packRowPanels(valuePanels, v + vBytes, vRowBytes, columns, headWidth, scale);
    if (!inPlace) packOctets(keyOctets, k + kBytes, kRowBytes, <usize>columns << 5, columns, headWidth);

    for (let i = 0; i < queries; i += BLOCK) {
      const rows = min(BLOCK, queries - i);
      const position = i + causalOffset - j;
      if (position + rows <= 0 || position - window + 1 >= columns) continue;
      const panels = <usize>(i * headWidth) << 2;
      const lines = <usize>i << 5;
      blockGradients(
        scratch, queryPanels + panels, dOPanels + panels, keyPanels, valuePanels,
        lists + (<usize>i << 2), listBytes,
        rows, columns, headWidth, position, window, i, j, keys, dropoutRate, key0, key1,
      );
      addColumns(
        dV + vBytes, vRowBytes, scratch + WEIGHTS,
        inPlace ? dO + oBytes : dOOctets + lines, inPlace ? oRowBytes : 32, inPlace ? 32 : octetBytes,
        scratch + SPARE, rows, columns, headWidth, position, window,
      );
      addColumns(
        dK + kBytes, kRowBytes, scratch + D_SCORES,
        inPlace ? q + qBytes : queryOctets + lines, inPlace ? qRowBytes : 32, inPlace ? 32 : octetBytes,
        scratch + SPARE, rows, columns, headWidth, position, window,
      );
      addRows(
        dQ + qBytes + <usize>i * qRowBytes, qRowBytes, scratch + D_SCORES,
        inPlace ? k + kBytes : keyOctets, inPlace ? kRowBytes : 32, inPlace ? 32 : <usize>columns << 5,
        scratch + SPARE, rows, columns, headWidth, position, window,
      );
    }
  }
}

/**
 * P, dropped, and dS of the block whose first query is i and first key j, from panels and lists that begin
 * there.
 */
export function blockGradients(
  scratch: usize, query: usize, dO: usize, key: usize, value: usize, lists: usize, listBytes: usize,
  rows: i32, columns: i32, width: i32, position: i32, window: i32,
  i: i32, j: i32, keys: i32, rate: f64, key0: i32, key1: i32,
): void {
  const weights = scratch + WEIGHTS;
  const dScores = scratch + D_SCORES;
  const factors = scratch + FACTORS;
  blockScores(weights, query, key, rows, columns, width, position, window);
  blockScores(dScores, dO, value, rows, columns, width, position, window);
  if (rate > 0) {
    drawBlock(factors, i, j, keys, rows, columns, position, window, rate, key0, key1);
    dropBlock(dScores, factors, rows, columns, position, window);
  }
  blockWeights(weights, dScores, lists, listBytes, scratch, rows, columns, position, window);
  if (rate > 0) dropBlock(weights, factors, rows, columns, position, window);
}
