import type { Ptr } from "./pointer.ts";

/**
 * Elements of scratch that one call of either kernel may use; queries, keys and headWidth as in the call. Packed copies of the operands, and
 * one block of weights whose size does not depend on theirs.
 */
export function attentionScratch(queries: number, keys: number, headWidth: number): number {
  const padded = (n: number) => Math.ceil(n / 24) * 24;
  return 4 * (padded(queries) + padded(keys) + 96) * padded(headWidth) + 3 * queries + 32768;
}

/**
 * One head of attention (Vaswani et al. 2017, equation 1), softmax streamed over blocks of keys (Milakov & Gimelshein 2018; Dao et
 * al. 2022): nothing of size queries × keys exists. A block is
 * 264 keys, a multiple of 24 and so of every tile height: contract, not tuning. Row i of q starts at q[qOffset + i·qRow] and has headWidth contiguous elements;
 * k, v, o likewise, so heads are read in place out of one packed projection.
 *
 * Query i sees keys j with  i + causalOffset - window < j ≤ i + causalOffset  and 0 ≤ j < keys. Without causality the op passes
 * causalOffset = keys and window = 2³⁰. A query that sees no key gives 0 and gradient 0.
 *
 * s[i, j] = scale·(q[i]·k[j]);  P = softmax(s) over the seen keys;  o = dropout(P)·v.  rowMaximum[i] = max_j s[i, j] (0 where nothing is
 * seen) and rowSum[i] = Σ_j exp(s - rowMaximum) (1 there) are kept for backward.
 *
 * Dropout with rate > 0 draws element (firstQuery + i)·keys + j of Philox (key0, key1) as in `RandomKernels`: a dropped weight is 0, a
 * kept one is divided by 1 - rate; rowSum is of the undropped weights. firstQuery says how many queries of the head are left to other
 * calls; backward, which sees all, is without.
 */
export interface AttentionKernels {
  attention(
    o: Ptr,
    rowMaximum: Ptr,
    rowSum: Ptr,
    q: Ptr,
    k: Ptr,
    v: Ptr,
    scratch: Ptr,
    oOffset: number,
    rowOffset: number,
    qOffset: number,
    kOffset: number,
    vOffset: number,
    queries: number,
    keys: number,
    headWidth: number,
    oRow: number,
    qRow: number,
    kRow: number,
    vRow: number,
    scale: number,
    causalOffset: number,
    window: number,
    dropoutRate: number,
    key0: number,
    key1: number,
    firstQuery: number,
  ): void;
  /**
   * dQ, dK, dV are added to (query heads that share a key head add to the same dK, dV). With D[i] = Σ_d dO·O:
   * dV += dropout(P)ᵀ·dO;  dS = P∘(dropout(dO·Vᵀ) - D);  dQ += scale·dS·K;  dK += scale·dSᵀ·Q.
   * dQ's rows lie as q's (qOffset, qRow), dK's as k's, dV's as v's; dO's as o's.
   */
  attentionBackwardAddInto(
    dQ: Ptr,
    dK: Ptr,
    dV: Ptr,
    dO: Ptr,
    o: Ptr,
    rowMaximum: Ptr,
    rowSum: Ptr,
    q: Ptr,
    k: Ptr,
    v: Ptr,
    scratch: Ptr,
    oOffset: number,
    rowOffset: number,
    qOffset: number,
    kOffset: number,
    vOffset: number,
    queries: number,
    keys: number,
    headWidth: number,
    oRow: number,
    qRow: number,
    kRow: number,
    vRow: number,
    scale: number,
    causalOffset: number,
    window: number,
    dropoutRate: number,
    key0: number,
    key1: number,
  ): void;
}
