/**
 * What the machine can do at most with 128-bit vectors: multiply-adds in registers, and bytes through loops without arithmetic to
 * speak of. The bench measures every kernel against these, in the same process and minute.
 */

// @ts-ignore: decorator
@inline
function mulAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  else return f32x4.add(f32x4.mul(a, b), c);
}

/**
 * `steps` rounds of `chains` independent multiply-adds c = c·½ + 1, 8 flops each, every chain in a register of its own. Too few chains
 * wait for their own results, too many do not fit the registers; which number is best depends on engine and machine.
 */
// @ts-ignore: decorator
@inline
function multiplyAdds(chains: i32, steps: i32): f32 {
  const half = f32x4.splat(0.5);
  const one = f32x4.splat(1);
  let c0 = half, c1 = half, c2 = half, c3 = half, c4 = half, c5 = half, c6 = half, c7 = half;
  let c8 = half, c9 = half, c10 = half, c11 = half, c12 = half, c13 = half, c14 = half, c15 = half;
  for (let i = 0; i < steps; i++) {
    c0 = mulAdd(c0, half, one);
    c1 = mulAdd(c1, half, one);
    c2 = mulAdd(c2, half, one);
    c3 = mulAdd(c3, half, one);
    c4 = mulAdd(c4, half, one);
    c5 = mulAdd(c5, half, one);
    c6 = mulAdd(c6, half, one);
    c7 = mulAdd(c7, half, one);
    if (chains > 8) c8 = mulAdd(c8, half, one);
    if (chains > 9) c9 = mulAdd(c9, half, one);
    if (chains > 10) c10 = mulAdd(c10, half, one);
    if (chains > 11) c11 = mulAdd(c11, half, one);
    if (chains > 12) c12 = mulAdd(c12, half, one);
    if (chains > 13) c13 = mulAdd(c13, half, one);
    if (chains > 14) c14 = mulAdd(c14, half, one);
    if (chains > 15) c15 = mulAdd(c15, half, one);
  }
  const low = f32x4.add(f32x4.add(f32x4.add(c0, c1), f32x4.add(c2, c3)), f32x4.add(f32x4.add(c4, c5), f32x4.add(c6, c7)));
  const high = f32x4.add(f32x4.add(f32x4.add(c8, c9), f32x4.add(c10, c11)), f32x4.add(f32x4.add(c12, c13), f32x4.add(c14, c15)));
  return f32x4.extract_lane(f32x4.add(low, high), 0);
}

export function chains8(steps: i32): f32 {
  return multiplyAdds(8, steps);
}

export function chains9(steps: i32): f32 {
  return multiplyAdds(9, steps);
}

export function chains10(steps: i32): f32 {
  return multiplyAdds(10, steps);
}

export function chains11(steps: i32): f32 {
  return multiplyAdds(11, steps);
}

export function chains12(steps: i32): f32 {
  return multiplyAdds(12, steps);
}

export function chains13(steps: i32): f32 {
  return multiplyAdds(13, steps);
}

export function chains14(steps: i32): f32 {
  return multiplyAdds(14, steps);
}

export function chains15(steps: i32): f32 {
  return multiplyAdds(15, steps);
}

export function chains16(steps: i32): f32 {
  return multiplyAdds(16, steps);
}

/** Reads `bytes`, a multiple of 128, into four accumulators. */
export function read(from: usize, bytes: usize): i32 {
  let r0 = i32x4.splat(0), r1 = r0, r2 = r0, r3 = r0;
  const end = from + bytes;
  while (from < end) {
    r0 = v128.xor(r0, v128.xor(v128.load(from), v128.load(from, 64)));
    r1 = v128.xor(r1, v128.xor(v128.load(from, 16), v128.load(from, 80)));
    r2 = v128.xor(r2, v128.xor(v128.load(from, 32), v128.load(from, 96)));
    r3 = v128.xor(r3, v128.xor(v128.load(from, 48), v128.load(from, 112)));
    from += 128;
  }
  return i32x4.extract_lane(v128.xor(v128.xor(r0, r1), v128.xor(r2, r3)), 0);
}

/** Writes b = a: the traffic of a unary op. `bytes` of each array, a multiple of 64; the arrays follow each other. */
export function oneToOne(a: usize, bytes: usize): void {
  const end = a + bytes;
  for (; a < end; a += 64) {
    const b = a + bytes;
    v128.store(b, v128.load(a));
    v128.store(b, v128.load(a, 16), 16);
    v128.store(b, v128.load(a, 32), 32);
    v128.store(b, v128.load(a, 48), 48);
  }
}

/** Writes c = a ^ b: the traffic of a binary op. */
export function twoToOne(a: usize, bytes: usize): void {
  const end = a + bytes;
  for (; a < end; a += 64) {
    const b = a + bytes;
    const c = b + bytes;
    v128.store(c, v128.xor(v128.load(a), v128.load(b)));
    v128.store(c, v128.xor(v128.load(a, 16), v128.load(b, 16)), 16);
    v128.store(c, v128.xor(v128.load(a, 32), v128.load(b, 32)), 32);
    v128.store(c, v128.xor(v128.load(a, 48), v128.load(b, 48)), 48);
  }
}

/** Reads a, b, c, d and writes a, b, c: the traffic of an AdamW update. */
export function fourToThree(a: usize, bytes: usize): void {
  const end = a + bytes;
  for (; a < end; a += 16) {
    const b = a + bytes;
    const c = b + bytes;
    const d = v128.load(c + bytes);
    v128.store(a, v128.xor(v128.load(a), d));
    v128.store(b, v128.xor(v128.load(b), d));
    v128.store(c, v128.xor(v128.load(c), d));
  }
}
