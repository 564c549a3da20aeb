/**
 * Terms summed before they meet C: GEMM_BLOCK of the contract, so it is part of the result's bits. A panel of
 * B is 256·8·4 B = 8 kB, a quarter of a small first-level cache.
 */
export const BLOCK_DEPTH: i32 = 256;

/**
 * Rows of A packed at once: 252·256·4 B = 258 kB or half of it, a quarter of a second-level cache. A multiple
 * of the tile's rows.
 */
export const BLOCK_ROWS: i32 = ASC_FEATURE_RELAXED_SIMD ? 252 : 128;

/** Columns of B packed at once: 1024·256·4 B = 1 MB. */
export const BLOCK_COLUMNS: i32 = 1024;

/** Columns a call of the macro-kernel covers: short calls leave the baseline compiler's code sooner. */
export const STRIP_COLUMNS: i32 = 64;

/** Columns of a tile: two vectors. */
export const TILE_COLUMNS: i32 = 8;

/** Most rows of a tile: with fused multiply-add 6×8 sums fit the 16 registers, else 4×8. */
export const TILE_ROWS: i32 = ASC_FEATURE_RELAXED_SIMD ? 6 : 4;

/**
 * Largest operand with adjacent lanes that is read in place: 32 kB are 8 of the 12 ways of a first-level
 * cache, whatever the distance of its lines.
 */
export const IN_PLACE_BYTES: usize = 32 * 1024;

/**
 * Up to so many columns, rows of A are read in place: packing costs 0.34 (fused) to 0.42 cycles an element, and a
 * product uses it one cycle for each eight columns.
 */
export const FEW_COLUMNS: i32 = ASC_FEATURE_RELAXED_SIMD ? 128 : 256;

/** Up to so many rows go without tiles: a tile of four would be half empty, and B be packed for one use. */
export const FEW_ROWS: i32 = 2;

/**
 * Rows that panels of six and four hold when they hold `rows`: one more than an odd number, at least four.
 */
export function paddedRows(rows: i32): i32 {
  if (!ASC_FEATURE_RELAXED_SIMD) return (rows + 3) & ~3;
  return max(4, (rows + 1) & ~1);
}

/** Panels of four among `padded` rows; the other rows are panels of six, which come first. */
export function foursAmong(padded: i32): i32 {
  if (!ASC_FEATURE_RELAXED_SIMD) return padded >> 2;
  return ((6 - (padded % 6)) % 6) >> 1;
}

/** Panels of six among `padded` rows. */
export function sixesAmong(padded: i32): i32 {
  return (padded - 4 * foursAmong(padded)) / 6;
}

/**
 * Rows of each block when `rows` are shared out evenly over as few blocks of at most `most` as possible, in
 * whole tiles.
 */
export function evenShare(rows: i32, most: i32, tile: i32): i32 {
  const blocks = (rows + most - 1) / most;
  const share = (rows + blocks - 1) / blocks;
  return ((share + tile - 1) / tile) * tile;
}
