/**
 * The gradient of one head, in blocks of 96 queries and 96 keys (Dao et al. 2022, algorithm 4):
 *
 *   pack Q and dO in panels and octets, once; lists of m, 1/l and D = Σ dO∘O
 *   for each block of keys
 *     pack K and V in panels (scaled), K in octets
 *     for each block of queries that sees one of them
 *       S = Q·K^T, dP = dO·V^T  →  P, dS  →  dV += P^T·dO, dK += dS^T·Q, dQ += dS·K
 */
import { addColumns, addRows, blockScores } from "./blockProducts";
import { blockWeights, rowConstants } from "./blockWeights";
import { dropBlock } from "./dropout";
import { packOctets, packRowPanels, wholePanels } from "./panels";
import { LOG2_E, POWER_TABLE_BYTES, preparePowers } from "./power";
import { BLOCK, BLOCK_BYTES } from "./tiles";

/** Gradients are added to; how the contract names everything. */
export function attentionBackwardAddInto(
  dQ: usize,
  dK: usize,
  dV: usize,
  dO: usize,
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
  const oRowBytes = <usize>oRow << 2;
  const qRowBytes = <usize>qRow << 2;
  const kRowBytes = <usize>kRow << 2;
  const vRowBytes = <usize>vRow << 2;
  const oBytes = <usize>oOffset << 2;
  const qBytes = <usize>qOffset << 2;
  const listBytes = <usize>queries << 2;
  const blockSize = BLOCK_BYTES * <usize>BLOCK;
  const keyPanelBytes = <usize>BLOCK * (<usize>headWidth << 2);
  const queryPanelBytes = <usize>wholePanels(queries) * (<usize>headWidth << 2);
  const queryOctetBytes = <usize>queries << 5;
  const octets = <usize>((headWidth + 7) >> 3);

  const table = scratch;
  const spare = table + POWER_TABLE_BYTES;
  const weights = spare + 6 * 32;
  const dScores = weights + blockSize;
  const lists = dScores + blockSize;
  const keyPanels = lists + 3 * listBytes;
  const valuePanels = keyPanels + keyPanelBytes;
  const keyOctets = valuePanels + keyPanelBytes;
  const queryPanels = keyOctets + octets * (BLOCK << 5);
  const dOPanels = queryPanels + queryPanelBytes;
  const queryOctets = dOPanels + queryPanelBytes;
  const dOOctets = queryOctets + octets * queryOctetBytes;

  preparePowers(table);
  const maxima = rowMaximum + (<usize>rowOffset << 2);
  const sums = rowSum + (<usize>rowOffset << 2);
  rowConstants(lists, listBytes, maxima, sums, dO + oBytes, o + oBytes, queries, headWidth, oRowBytes, LOG2_E, scale);
  packRowPanels(queryPanels, q + qBytes, qRowBytes, queries, headWidth, 1);
  packRowPanels(dOPanels, dO + oBytes, oRowBytes, queries, headWidth, 1);
  packOctets(queryOctets, q + qBytes, qRowBytes, queryOctetBytes, queries, headWidth);
  packOctets(dOOctets, dO + oBytes, oRowBytes, queryOctetBytes, queries, headWidth);

  for (let j = 0; j < keys; j += BLOCK) {
    const columns = min(BLOCK, keys - j);
    const kBytes = <usize>(kOffset + j * kRow) << 2;
    const vBytes = <usize>(vOffset + j * vRow) << 2;
    packRowPanels(keyPanels, k + kBytes, kRowBytes, columns, headWidth, scale * LOG2_E);
    packRowPanels(valuePanels, v + vBytes, vRowBytes, columns, headWidth, scale);
    packOctets(keyOctets, k + kBytes, kRowBytes, <usize>columns << 5, columns, headWidth);

    for (let i = 0; i < queries; i += BLOCK) {
      const rows = min(BLOCK, queries - i);
      const position = i + causalOffset - j;
      if (position + rows <= 0 || position - window + 1 >= columns) continue;
      const panels = <usize>i * (<usize>headWidth << 2);
      const lines = <usize>i << 5;
      blockScores(weights, queryPanels + panels, keyPanels, rows, columns, headWidth, position, window);
      blockScores(dScores, dOPanels + panels, valuePanels, rows, columns, headWidth, position, window);
      if (dropoutRate > 0) {
        dropBlock(dScores, i, j, rows, columns, keys, position, window, dropoutRate, key0, key1, spare);
      }
      blockWeights(weights, dScores, lists + (<usize>i << 2), listBytes, table, rows, columns, position, window);
      if (dropoutRate > 0) {
        dropBlock(weights, i, j, rows, columns, keys, position, window, dropoutRate, key0, key1, spare);
      }
      addColumns(
        dV + vBytes, vRowBytes, weights, dOOctets + lines, 32, queryOctetBytes, spare,
        rows, columns, headWidth, position, window,
      );
      addColumns(
        dK + kBytes, kRowBytes, dScores, queryOctets + lines, 32, queryOctetBytes, spare,
        rows, columns, headWidth, position, window,
      );
      addRows(
        dQ + qBytes + <usize>i * qRowBytes, qRowBytes, dScores, keyOctets, 32, <usize>columns << 5, spare,
        rows, columns, headWidth, position, window,
      );
    }
  }
}
