/**
 * What the machine can do at most with 128-bit vectors: multiply-adds in registers, and bytes through loops without arithmetic to
 * speak of. The bench measures every kernel against these, in the same process and minute.
 */

/**
 * One step of a chain. Fused, c + a·b, the accumulator where the instruction wants it; else c·a + b, because an engine would take a product of
 * constants out of the loop.
 */
// @ts-ignore: decorator
@inline
function multiplyAdd(c: v128, a: v128, b: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  else return f32x4.add(f32x4.mul(c, a), b);
}

/**
 * `steps` rounds of `chains` independent multiply-adds, 8 flops each, every chain in a register of its own. Too few chains
 * wait for their own results, too many do not fit the registers; which number is best depends on engine and machine.
 *
 * `apart`: each begins at a value of its own, because to V8 13 chains that are alike are one chain.
 */
// @ts-ignore: decorator
@inline
function multiplyAdds(chains: i32, steps: i32, a: v128, b: v128, apart: bool): f32 {
  let c0 = apart ? f32x4.splat(0) : a;
  let c1 = apart ? f32x4.splat(1) : a;
  let c2 = apart ? f32x4.splat(2) : a;
  let c3 = apart ? f32x4.splat(3) : a;
  let c4 = apart ? f32x4.splat(4) : a;
  let c5 = apart ? f32x4.splat(5) : a;
  let c6 = apart ? f32x4.splat(6) : a;
  let c7 = apart ? f32x4.splat(7) : a;
  let c8 = apart ? f32x4.splat(8) : a;
  let c9 = apart ? f32x4.splat(9) : a;
  let c10 = apart ? f32x4.splat(10) : a;
  let c11 = apart ? f32x4.splat(11) : a;
  let c12 = apart ? f32x4.splat(12) : a;
  let c13 = apart ? f32x4.splat(13) : a;
  let c14 = apart ? f32x4.splat(14) : a;
  let c15 = apart ? f32x4.splat(15) : a;
  for (let i = 0; i < steps; i++) {
    c0 = multiplyAdd(c0, a, b);
    c1 = multiplyAdd(c1, a, b);
    c2 = multiplyAdd(c2, a, b);
    c3 = multiplyAdd(c3, a, b);
    c4 = multiplyAdd(c4, a, b);
    c5 = multiplyAdd(c5, a, b);
    c6 = multiplyAdd(c6, a, b);
    c7 = multiplyAdd(c7, a, b);
    if (chains > 8) c8 = multiplyAdd(c8, a, b);
    if (chains > 9) c9 = multiplyAdd(c9, a, b);
    if (chains > 10) c10 = multiplyAdd(c10, a, b);
    if (chains > 11) c11 = multiplyAdd(c11, a, b);
    if (chains > 12) c12 = multiplyAdd(c12, a, b);
    if (chains > 13) c13 = multiplyAdd(c13, a, b);
    if (chains > 14) c14 = multiplyAdd(c14, a, b);
    if (chains > 15) c15 = multiplyAdd(c15, a, b);
  }
  const low = f32x4.add(f32x4.add(f32x4.add(c0, c1), f32x4.add(c2, c3)), f32x4.add(f32x4.add(c4, c5), f32x4.add(c6, c7)));
  const high = f32x4.add(f32x4.add(f32x4.add(c8, c9), f32x4.add(c10, c11)), f32x4.add(f32x4.add(c12, c13), f32x4.add(c14, c15)));
  return f32x4.extract_lane(f32x4.add(low, high), 0);
}

/** With an argument as the constant: V8 13 builds a literal vector again in each round. */
// @ts-ignore: decorator
@inline
function oneConstant(chains: i32, steps: i32, factor: f32): f32 {
  const a = f32x4.splat(factor);
  return multiplyAdds(chains, steps, a, a, true);
}

export function chains8(steps: i32, factor: f32): f32 {
  return oneConstant(8, steps, factor);
}

export function chains9(steps: i32, factor: f32): f32 {
  return oneConstant(9, steps, factor);
}

export function chains10(steps: i32, factor: f32): f32 {
  return oneConstant(10, steps, factor);
}

export function chains11(steps: i32, factor: f32): f32 {
  return oneConstant(11, steps, factor);
}

export function chains12(steps: i32, factor: f32): f32 {
  return oneConstant(12, steps, factor);
}

export function chains13(steps: i32, factor: f32): f32 {
  return oneConstant(13, steps, factor);
}

export function chains14(steps: i32, factor: f32): f32 {
  return oneConstant(14, steps, factor);
}

export function chains15(steps: i32, factor: f32): f32 {
  return oneConstant(15, steps, factor);
}

export function chains16(steps: i32, factor: f32): f32 {
  return oneConstant(16, steps, factor);
}

/** V8 11 merges nothing, and does a seventh more with literals. */
export function literals13(steps: i32): f32 {
  return multiplyAdds(13, steps, f32x4.splat(0.5), f32x4.splat(1), false);
}

/** Bytes of a strip, in the inner one of two loops: V8 unrolls that more. */
const STRIP: usize = 32768;
/** Bytes that are read before any of them is written. */
const GROUP: usize = 128;

/**
 * Reads `bytes`, a multiple of 128, as two halves side by side: from memory a quarter faster than front to
 * back, and alike in caches.
 */
export function read(from: usize, bytes: usize): i32 {
  const half = bytes >> 1;
  let r0 = i32x4.splat(0), r1 = r0, r2 = r0, r3 = r0;
  for (const end = from + half; from < end; from += 64) {
    const other = from + half;
    r0 = v128.xor(r0, v128.xor(v128.load(from), v128.load(other)));
    r1 = v128.xor(r1, v128.xor(v128.load(from, 16), v128.load(other, 16)));
    r2 = v128.xor(r2, v128.xor(v128.load(from, 32), v128.load(other, 32)));
    r3 = v128.xor(r3, v128.xor(v128.load(from, 48), v128.load(other, 48)));
  }
  return i32x4.extract_lane(v128.xor(v128.xor(r0, r1), v128.xor(r2, r3)), 0);
}

/** Writes b = a: the traffic of a unary op. `bytes` of each array, a multiple of 128; the arrays follow each other. */
export function oneToOne(a: usize, bytes: usize): void {
  let b = a + bytes;
  for (const end = b; a < end; a += STRIP, b += STRIP) {
    const strip = min(STRIP, end - a);
    for (let at: usize = 0; at < strip; at += GROUP) group(true, b + at, a + at, a + at);
  }
}

/** Writes c = a ^ b: the traffic of a binary op. */
export function twoToOne(a: usize, bytes: usize): void {
  let b = a + bytes;
  let c = b + bytes;
  for (const end = b; a < end; a += STRIP, b += STRIP, c += STRIP) {
    const strip = min(STRIP, end - a);
    for (let at: usize = 0; at < strip; at += GROUP) group(false, c + at, a + at, b + at);
  }
}

/** y = a, or a ^ b, of one group: all reads, then all writes, a fifth faster than in turns. */
// @ts-ignore: decorator
@inline
function group(alone: bool, y: usize, a: usize, b: usize): void {
  const x0 = alone ? v128.load(a) : v128.xor(v128.load(a), v128.load(b));
  const x1 = alone ? v128.load(a, 16) : v128.xor(v128.load(a, 16), v128.load(b, 16));
  const x2 = alone ? v128.load(a, 32) : v128.xor(v128.load(a, 32), v128.load(b, 32));
  const x3 = alone ? v128.load(a, 48) : v128.xor(v128.load(a, 48), v128.load(b, 48));
  const x4 = alone ? v128.load(a, 64) : v128.xor(v128.load(a, 64), v128.load(b, 64));
  const x5 = alone ? v128.load(a, 80) : v128.xor(v128.load(a, 80), v128.load(b, 80));
  const x6 = alone ? v128.load(a, 96) : v128.xor(v128.load(a, 96), v128.load(b, 96));
  const x7 = alone ? v128.load(a, 112) : v128.xor(v128.load(a, 112), v128.load(b, 112));
  v128.store(y, x0);
  v128.store(y, x1, 16);
  v128.store(y, x2, 32);
  v128.store(y, x3, 48);
  v128.store(y, x4, 64);
  v128.store(y, x5, 80);
  v128.store(y, x6, 96);
  v128.store(y, x7, 112);
}

/** Reads a, b, c, d and writes a, b, c: the traffic of an AdamW update. */
export function fourToThree(a: usize, bytes: usize): void {
  const end = a + bytes;
  for (; a < end; a += 64) {
    const b = a + bytes;
    const c = b + bytes;
    const d = c + bytes;
    const d0 = v128.load(d);
    const d1 = v128.load(d, 16);
    const d2 = v128.load(d, 32);
    const d3 = v128.load(d, 48);
    change(a, d0, d1, d2, d3);
    change(b, d0, d1, d2, d3);
    change(c, d0, d1, d2, d3);
  }
}

/** Writes x ^= d, 64 bytes of it. */
// @ts-ignore: decorator
@inline
function change(x: usize, d0: v128, d1: v128, d2: v128, d3: v128): void {
  const x0 = v128.xor(v128.load(x), d0);
  const x1 = v128.xor(v128.load(x, 16), d1);
  const x2 = v128.xor(v128.load(x, 32), d2);
  const x3 = v128.xor(v128.load(x, 48), d3);
  v128.store(x, x0);
  v128.store(x, x1, 16);
  v128.store(x, x2, 32);
  v128.store(x, x3, 48);
}
