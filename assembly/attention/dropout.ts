/**
 * Dropout of attention weights: element i·keys + j of the stream (key0, key1) decides over weight (i, j), as in the contract's
 * random kernels, so forward and backward draw the same whatever their blocks.
 *
 * Philox 4x32-10: Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3", section 3.
 */
import { PANEL_BYTES } from "./panels";
import { BLOCK_BYTES } from "./tiles";

/** Makes 24 random bits a fraction. */
const UNIT: f32 = 1.0 / 16777216.0;

/** The block of four words with this counter, at `words`. */
function philox(words: usize, counter: u64, key0: u32, key1: u32): void {
  let c0 = <u32>counter;
  let c1 = <u32>(counter >> 32);
  let c2: u32 = 0;
  let c3: u32 = 0;
  for (let round = 0; round < 10; round++) {
    const product0 = <u64>0xd2511f53 * <u64>c0;
    const product2 = <u64>0xcd9e8d57 * <u64>c2;
    c0 = <u32>(product2 >> 32) ^ c1 ^ key0;
    c1 = <u32>product2;
    c2 = <u32>(product0 >> 32) ^ c3 ^ key1;
    c3 = <u32>product0;
    key0 += 0x9e3779b9;
    key1 += 0xbb67ae85;
  }
  store<u32>(words, c0);
  store<u32>(words, c1, 4);
  store<u32>(words, c2, 8);
  store<u32>(words, c3, 12);
}

/**
 * x[j·step] for elements first + j, j < count, times 0 or 1/(1 - rate); `step` in bytes. `words` are 16 bytes of scratch.
 */
export function dropElements(
  x: usize,
  step: usize,
  first: u64,
  count: i32,
  rate: f32,
  key0: u32,
  key1: u32,
  words: usize,
): void {
  const factor: f32 = 1 / (1 - rate);
  let drawn = false;
  for (let j = 0; j < count; j++) {
    const element = first + <u64>j;
    const lane = <usize>(element & 3);
    if (!drawn || lane === 0) philox(words, element >> 2, key0, key1);
    drawn = true;
    const uniform = <f32>(load<u32>(words + (lane << 2)) >>> 8) * UNIT;
    store<f32>(x, uniform < rate ? 0 : load<f32>(x) * factor);
    x += step;
  }
}

/** Drops weights of the queries i … i + rows for the keys from … to; `weights` is the line of key `block`. */
export function dropWeights(
  weights: usize,
  i: i32,
  rows: i32,
  keys: i32,
  from: i32,
  to: i32,
  block: i32,
  rate: f32,
  key0: i32,
  key1: i32,
  words: usize,
): void {
  const start = weights + <usize>(from - block) * PANEL_BYTES;
  for (let row = 0; row < rows; row++) {
    const first = <u64>(i + row) * <u64>keys + <u64>from;
    dropElements(start + (<usize>row << 2), PANEL_BYTES, first, to - from, rate, key0, key1, words);
  }
}

/** Drops what the queries of a block see; `i` and `j` are its first query and key, `position` relative to `j` as in blockProducts. */
export function dropBlock(
  block: usize,
  i: i32,
  j: i32,
  rows: i32,
  columns: i32,
  keys: i32,
  position: i32,
  window: i32,
  rate: f32,
  key0: i32,
  key1: i32,
  words: usize,
): void {
  for (let row = 0; row < rows; row++) {
    const from = max(0, position + row - window + 1);
    const to = min(columns, position + row + 1);
    const first = <u64>(i + row) * <u64>keys + <u64>(j + from);
    const start = block + <usize>row * BLOCK_BYTES + (<usize>from << 2);
    dropElements(start, 4, first, to - from, rate, key0, key1, words);
  }
}
