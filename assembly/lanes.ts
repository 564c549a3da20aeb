/** Bytes of four vectors, of one, and of one slot. */
export const VECTORS: usize = 64;
export const VECTOR: usize = 16;
export const SLOT: usize = 4;

/** Slots in a vector. */
export const LANES: i32 = 4;

/**
 * Address of slot `index`. Sizes are i32, addresses unsigned: the product is made in usize, so memory above
 * 2 GiB is reached.
 */
// @ts-ignore: decorator
@inline
export function slot(base: usize, index: i32): usize {
  return base + (<usize>index << 2);
}

/** One slot in the first lane, for what is left when vectors are done. */
// @ts-ignore: decorator
@inline
export function loadOne(address: usize): v128 {
  return v128.load32_zero(address);
}

// @ts-ignore: decorator
@inline
export function storeOne(address: usize, value: v128): void {
  v128.store_lane<u32>(address, value, 0);
}

/** The first `count` (1 to 3) slots at `address`, zeros in the other lanes; reads nothing beyond them. */
// @ts-ignore: decorator
@inline
export function loadFirst(address: usize, count: i32): v128 {
  if (count == 1) return v128.load32_zero(address);
  const two = v128.load64_zero(address);
  if (count == 2) return two;
  return v128.load_lane<u32>(address, two, 2, 8);
}

/** Stores the first `count` (1 to 3) lanes. */
// @ts-ignore: decorator
@inline
export function storeFirst(address: usize, value: v128, count: i32): void {
  if (count == 1) {
    v128.store_lane<u32>(address, value, 0);
    return;
  }
  v128.store_lane<u64>(address, value, 0);
  if (count == 3) v128.store_lane<u32>(address, value, 2, 8);
}

/** A whole vector, or its first `count` slots if there are fewer than 4. */
// @ts-ignore: decorator
@inline
export function loadUpTo(address: usize, count: i32): v128 {
  return count >= LANES ? v128.load(address) : loadFirst(address, count);
}

// @ts-ignore: decorator
@inline
export function storeUpTo(address: usize, value: v128, count: i32): void {
  if (count >= LANES) v128.store(address, value);
  else storeFirst(address, value, count);
}

/** All ones in the first `count` lanes. */
// @ts-ignore: decorator
@inline
export function firstLanes(count: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count));
}

/** `a` where the mask has ones, else `b`. */
// @ts-ignore: decorator
@inline
export function select(mask: v128, a: v128, b: v128): v128 {
  return v128.bitselect(a, b, mask);
}

/** The floats 1 and 0 for all ones and zeros. */
// @ts-ignore: decorator
@inline
export function asFloat(mask: v128): v128 {
  return v128.and(mask, f32x4.splat(1));
}

// @ts-ignore: decorator
@inline
function upperPair(v: v128): v128 {
  return v128.shuffle<f32>(v, v, 2, 3, 0, 1);
}

// @ts-ignore: decorator
@inline
function oddLanes(v: v128): v128 {
  return v128.shuffle<f32>(v, v, 1, 0, 3, 2);
}

/** (l0 + l2) + (l1 + l3). */
// @ts-ignore: decorator
@inline
export function sumLanes(v: v128): f32 {
  const pairs = f32x4.add(v, upperPair(v));
  return f32x4.extract_lane(f32x4.add(pairs, oddLanes(pairs)), 0);
}

/** The largest lane. A NaN may be lost. */
// @ts-ignore: decorator
@inline
export function maxLane(v: v128): f32 {
  const pairs = f32x4.pmax(v, upperPair(v));
  return f32x4.extract_lane(f32x4.pmax(pairs, oddLanes(pairs)), 0);
}

/** The smallest lane. A NaN may be lost. */
// @ts-ignore: decorator
@inline
export function minLane(v: v128): f32 {
  const pairs = f32x4.pmin(v, upperPair(v));
  return f32x4.extract_lane(f32x4.pmin(pairs, oddLanes(pairs)), 0);
}
