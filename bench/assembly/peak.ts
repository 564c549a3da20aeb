/**
 * What the machine can do at most with 128-bit vectors: multiply-adds in registers, and bytes through loops without arithmetic to
 * speak of. The bench measures every kernel against these, in the same process and minute.
 */

/**
 * One step of a chain. Fused, c + a·a, the accumulator where the instruction wants it; else c·a + a, because an engine would take a product of
 * constants out of the loop. One constant leaves the most registers for chains.
 */
// @ts-ignore: decorator
@inline
function multiplyAdd(c: v128, a: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, a, c);
  else return f32x4.add(f32x4.mul(c, a), a);
}

/**
 * `steps` rounds of `chains` independent multiply-adds, 8 flops each, every chain in a register of its own. Too few chains
 * wait for their own results, too many do not fit the registers; which number is best depends on engine and machine.
 */
// @ts-ignore: decorator
@inline
function multiplyAdds(chains: i32, steps: i32, factor: f32): f32 {
  // An argument, because V8 13 builds a literal vector again in each round.
  const a = f32x4.splat(factor);
  // Each begins elsewhere: chains that are alike are one chain to a good compiler.
  let c0 = f32x4.splat(0), c1 = f32x4.splat(1), c2 = f32x4.splat(2), c3 = f32x4.splat(3);
  let c4 = f32x4.splat(4), c5 = f32x4.splat(5), c6 = f32x4.splat(6), c7 = f32x4.splat(7);
  let c8 = f32x4.splat(8), c9 = f32x4.splat(9), c10 = f32x4.splat(10), c11 = f32x4.splat(11);
  let c12 = f32x4.splat(12), c13 = f32x4.splat(13), c14 = f32x4.splat(14), c15 = f32x4.splat(15);
  for (let i = 0; i < steps; i++) {
    c0 = multiplyAdd(c0, a);
    c1 = multiplyAdd(c1, a);
    c2 = multiplyAdd(c2, a);
    c3 = multiplyAdd(c3, a);
    c4 = multiplyAdd(c4, a);
    c5 = multiplyAdd(c5, a);
    c6 = multiplyAdd(c6, a);
    c7 = multiplyAdd(c7, a);
    if (chains > 8) c8 = multiplyAdd(c8, a);
    if (chains > 9) c9 = multiplyAdd(c9, a);
    if (chains > 10) c10 = multiplyAdd(c10, a);
    if (chains > 11) c11 = multiplyAdd(c11, a);
    if (chains > 12) c12 = multiplyAdd(c12, a);
    if (chains > 13) c13 = multiplyAdd(c13, a);
    if (chains > 14) c14 = multiplyAdd(c14, a);
    if (chains > 15) c15 = multiplyAdd(c15, a);
  }
  const low = f32x4.add(f32x4.add(f32x4.add(c0, c1), f32x4.add(c2, c3)), f32x4.add(f32x4.add(c4, c5), f32x4.add(c6, c7)));
  const high = f32x4.add(f32x4.add(f32x4.add(c8, c9), f32x4.add(c10, c11)), f32x4.add(f32x4.add(c12, c13), f32x4.add(c14, c15)));
  return f32x4.extract_lane(f32x4.add(low, high), 0);
}

export function chains8(steps: i32, factor: f32): f32 {
  return multiplyAdds(8, steps, factor);
}

export function chains9(steps: i32, factor: f32): f32 {
  return multiplyAdds(9, steps, factor);
}

export function chains10(steps: i32, factor: f32): f32 {
  return multiplyAdds(10, steps, factor);
}

export function chains11(steps: i32, factor: f32): f32 {
  return multiplyAdds(11, steps, factor);
}

export function chains12(steps: i32, factor: f32): f32 {
  return multiplyAdds(12, steps, factor);
}

export function chains13(steps: i32, factor: f32): f32 {
  return multiplyAdds(13, steps, factor);
}

export function chains14(steps: i32, factor: f32): f32 {
  return multiplyAdds(14, steps, factor);
}

export function chains15(steps: i32, factor: f32): f32 {
  return multiplyAdds(15, steps, factor);
}

export function chains16(steps: i32, factor: f32): f32 {
  return multiplyAdds(16, steps, factor);
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
