"use strict";
/**
 * What the machine can do at most with 128-bit vectors: multiply-adds in registers, and bytes through loops without arithmetic to
 * speak of. The bench measures every kernel against these, in the same process and minute.
 */
Object.defineProperty(exports, "__esModule", { value: true });
exports.chains8 = chains8;
exports.chains9 = chains9;
exports.chains10 = chains10;
exports.chains11 = chains11;
exports.chains12 = chains12;
exports.chains13 = chains13;
exports.chains14 = chains14;
exports.chains15 = chains15;
exports.chains16 = chains16;
exports.literals13 = literals13;
exports.read = read;
exports.oneToOne = oneToOne;
exports.twoToOne = twoToOne;
exports.fourToThree = fourToThree;
/**
 * One step of a chain. Fused, c + a·b, the accumulator where the instruction wants it; else c·a + b, because an engine would take a product of
 * constants out of the loop.
 */
// @ts-ignore: decorator
function multiplyAdd(c, a, b) {
    if (ASC_FEATURE_RELAXED_SIMD)
        return f32x4.relaxed_madd(a, b, c);
    else
        return f32x4.add(f32x4.mul(c, a), b);
}
/**
 * `steps` rounds of `chains` independent multiply-adds, 8 flops each, every chain in a register of its own. Too few chains
 * wait for their own results, too many do not fit the registers; which number is best depends on engine and machine.
 *
 * `apart`: each begins at a value of its own, because to V8 13 chains that are alike are one chain.
 */
// @ts-ignore: decorator
function multiplyAdds(chains, steps, a, b, apart) {
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
        if (chains > 8)
            c8 = multiplyAdd(c8, a, b);
        if (chains > 9)
            c9 = multiplyAdd(c9, a, b);
        if (chains > 10)
            c10 = multiplyAdd(c10, a, b);
        if (chains > 11)
            c11 = multiplyAdd(c11, a, b);
        if (chains > 12)
            c12 = multiplyAdd(c12, a, b);
        if (chains > 13)
            c13 = multiplyAdd(c13, a, b);
        if (chains > 14)
            c14 = multiplyAdd(c14, a, b);
        if (chains > 15)
            c15 = multiplyAdd(c15, a, b);
    }
    const low = f32x4.add(f32x4.add(f32x4.add(c0, c1), f32x4.add(c2, c3)), f32x4.add(f32x4.add(c4, c5), f32x4.add(c6, c7)));
    const high = f32x4.add(f32x4.add(f32x4.add(c8, c9), f32x4.add(c10, c11)), f32x4.add(f32x4.add(c12, c13), f32x4.add(c14, c15)));
    return f32x4.extract_lane(f32x4.add(low, high), 0);
}
/** With an argument as the constant: V8 13 builds a literal vector again in each round. */
// @ts-ignore: decorator
function oneConstant(chains, steps, factor) {
    const a = f32x4.splat(factor);
    return multiplyAdds(chains, steps, a, a, true);
}
function chains8(steps, factor) {
    return oneConstant(8, steps, factor);
}
function chains9(steps, factor) {
    return oneConstant(9, steps, factor);
}
function chains10(steps, factor) {
    return oneConstant(10, steps, factor);
}
function chains11(steps, factor) {
    return oneConstant(11, steps, factor);
}
function chains12(steps, factor) {
    return oneConstant(12, steps, factor);
}
function chains13(steps, factor) {
    return oneConstant(13, steps, factor);
}
function chains14(steps, factor) {
    return oneConstant(14, steps, factor);
}
function chains15(steps, factor) {
    return oneConstant(15, steps, factor);
}
function chains16(steps, factor) {
    return oneConstant(16, steps, factor);
}
/** V8 11 merges nothing, and does a seventh more with literals. */
function literals13(steps) {
    return multiplyAdds(13, steps, f32x4.splat(0.5), f32x4.splat(1), false);
}
/** Reads `bytes`, a multiple of 128, into four accumulators. */
function read(from, bytes) {
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
function oneToOne(a, bytes) {
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
function twoToOne(a, bytes) {
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
function fourToThree(a, bytes) {
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
