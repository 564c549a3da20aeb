/**
 * Dropout of attention weights: element i·keys + j of the stream (key0, key1) decides over weight (i, j), as
 * in the contract's random kernels, so forward and backward draw the same whatever their blocks. What is
 * drawn are factors, 0 or 1/(1 - rate).
 *
 * Philox 4x32-10: Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3", section 3.
 * Four blocks side by side:
 *
 *   c0   word 0 of blocks b … b+3          element 4b + w of the stream is word w of block b,
 *   c1   word 1                      →     so the words are transposed
 *   …
 */
import { PANEL_BYTES } from "./panels";
import { BLOCK } from "./tiles";

const MULTIPLIER0: i32 = 0xd2511f53;
const MULTIPLIER1: i32 = 0xcd9e8d57;
const WEYL0: i32 = 0x9e3779b9;
const WEYL1: i32 = 0xbb67ae85;
const ROUNDS: i32 = 10;

/** Factors may be written as far as this before and behind a line, since they come in aligned sixteens. */
export const SLACK_BEFORE: usize = 16;
export const SLACK_BEHIND: usize = 64;

/** Bytes from one line of a block of factors to the next. */
export const FACTOR_BYTES: usize = (<usize>BLOCK << 2) + SLACK_BEFORE + SLACK_BEHIND;

/** u < rate, of a u that is a multiple of 2⁻²⁴, as a comparison of integers. */
// @ts-ignore: decorator
@inline
function threshold(rate: f64): i32 {
  return <i32>ceil<f64>(rate * 16777216);
}

/** The factors of elements first … first + count of the stream. */
export function drawFactors(line: usize, first: u64, count: i32, rate: f64, key0: i32, key1: i32): void {
  const dropped = i32x4.splat(threshold(rate));
  const kept = f32x4.splat(<f32>(1 / (1 - rate)));
  const end = line + (<usize>count << 2);
  let block = first >> 2;
  line -= <usize>(first & 3) << 2;
  while (line < end) {
    sixteenWords(line, block, key0, key1);
    for (let i: usize = 0; i < 64; i += 16) {
      const bits = i32x4.shr_u(v128.load(line + i), 8);
      v128.store(line + i, v128.andnot(kept, i32x4.lt_s(bits, dropped)));
    }
    block += 4;
    line += 64;
  }
}

/**
 * The words of four blocks in the order of the stream. The counter's upper word counts on when the lower one
 * is full.
 */
function sixteenWords(words: usize, block: u64, key0: i32, key1: i32): void {
  let c0 = i32x4(<i32>block, <i32>(block + 1), <i32>(block + 2), <i32>(block + 3));
  let c1 = i32x4(
    <i32>(block >> 32), <i32>((block + 1) >> 32), <i32>((block + 2) >> 32), <i32>((block + 3) >> 32),
  );
  let c2 = i32x4.splat(0);
  let c3 = i32x4.splat(0);
  for (let round = 0; round < ROUNDS; round++) {
    const low0 = i64x2.extmul_low_i32x4_u(c0, i32x4.splat(MULTIPLIER0));
    const high0 = i64x2.extmul_high_i32x4_u(c0, i32x4.splat(MULTIPLIER0));
    const low2 = i64x2.extmul_low_i32x4_u(c2, i32x4.splat(MULTIPLIER1));
    const high2 = i64x2.extmul_high_i32x4_u(c2, i32x4.splat(MULTIPLIER1));
    c0 = v128.xor(v128.xor(v128.shuffle<i32>(low2, high2, 1, 3, 5, 7), c1), i32x4.splat(key0));
    c2 = v128.xor(v128.xor(v128.shuffle<i32>(low0, high0, 1, 3, 5, 7), c3), i32x4.splat(key1));
    c1 = v128.shuffle<i32>(low2, high2, 0, 2, 4, 6);
    c3 = v128.shuffle<i32>(low0, high0, 0, 2, 4, 6);
    key0 += WEYL0;
    key1 += WEYL1;
  }
  const c01Low = v128.shuffle<i32>(c0, c1, 0, 4, 1, 5);
  const c01High = v128.shuffle<i32>(c0, c1, 2, 6, 3, 7);
  const c23Low = v128.shuffle<i32>(c2, c3, 0, 4, 1, 5);
  const c23High = v128.shuffle<i32>(c2, c3, 2, 6, 3, 7);
  v128.store(words, v128.shuffle<i32>(c01Low, c23Low, 0, 1, 4, 5));
  v128.store(words, v128.shuffle<i32>(c01Low, c23Low, 2, 3, 6, 7), 16);
  v128.store(words, v128.shuffle<i32>(c01High, c23High, 0, 1, 4, 5), 32);
  v128.store(words, v128.shuffle<i32>(c01High, c23High, 2, 3, 6, 7), 48);
}

/**
 * Drops weights of a panel of queries i … i + rows, at positions from `position` on, for the keys from … to
 * they see; `weights` is the line of key `block`, `line` has room for the factors of one query.
 */
export function dropPanel(
  weights: usize, line: usize, i: i32, rows: i32, keys: i32,
  block: i32, to: i32, position: i32, window: i32, rate: f64, key0: i32, key1: i32,
): void {
  for (let row = 0; row < rows; row++) {
    const from = max(block, position + row - window + 1);
    const count = min(to, position + row + 1) - from;
    if (count <= 0) continue;
    drawFactors(line, <u64>(i + row) * <u64>keys + <u64>from, count, rate, key0, key1);
    let at = weights + <usize>(from - block) * PANEL_BYTES + (<usize>row << 2);
    for (let j = 0; j < count; j++) {
      store<f32>(at, load<f32>(at) * load<f32>(line + (<usize>j << 2)));
      at += PANEL_BYTES;
    }
  }
}

/** x[j] *= factors[j] for j < count, a multiple of 4. */
// @ts-ignore: decorator
@inline
export function multiplyLine(x: usize, factors: usize, count: i32): void {
  for (let j = 0; j < count; j += 4) {
    const at = <usize>j << 2;
    v128.store(x + at, f32x4.mul(v128.load(x + at), v128.load(factors + at)));
  }
}
