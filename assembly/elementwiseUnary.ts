/**
 * Kernels of one operand. The operation is a constant of each inlined loop, so nothing is decided while it
 * runs.
 */
import * as activation from "./activation";
import { asFloat, LANES, loadOne, loadUpTo, select, SLOT, storeOne, storeUpTo, VECTOR, VECTORS } from "./lanes";
import * as math from "./math";
import * as math64 from "./math64";
import * as pairs from "./pairs";

const enum Op {
  negate,
  abs,
  sign,
  square,
  reciprocal,
  sqrt,
  rsqrt,
  floor,
  round,
  isFinite,
  relu,
  exp,
  log,
  sin,
  cos,
  tanh,
  sigmoid,
  erf,
  softplus,
  gelu,
  geluTanh,
  silu,
  castToI32,
  castToFloat,
}

// @ts-ignore: decorator
@inline
function splat(x: f32): v128 {
  return f32x4.splat(x);
}

// @ts-ignore: decorator
@inline
function map(op: Op, y: usize, x: usize, size: i32): void {
  const body = <usize>(size & -LANES) << 2;
  const end = <usize>size << 2;
  let at: usize = 0;
  if (isPaired(op)) {
    for (const wide = end & -pairs.PAIR; at < wide; at += pairs.PAIR) applyTwo(op, y + at, x + at);
    // A vector and what is left, in one loop: so little is worth no second copy of such a function.
    for (; at < end; at += VECTOR) {
      const left = <i32>((end - at) >> 2);
      storeUpTo(y + at, apply(op, loadUpTo(x + at, left)), left);
    }
    return;
  }
  if (isCheap(op)) {
    for (const wide = body & -VECTORS; at < wide; at += VECTORS) {
      v128.store(y + at, apply(op, v128.load(x + at)));
      v128.store(y + at, apply(op, v128.load(x + at, 16)), 16);
      v128.store(y + at, apply(op, v128.load(x + at, 32)), 32);
      v128.store(y + at, apply(op, v128.load(x + at, 48)), 48);
    }
  }
  for (; at < body; at += VECTOR) v128.store(y + at, apply(op, v128.load(x + at)));
  for (; at < end; at += SLOT) storeOne(y + at, apply(op, loadOne(x + at)));
}

// @ts-ignore: decorator
@inline
function isPaired(op: Op): bool {
  return op == Op.exp || op == Op.gelu || op == Op.geluTanh || op == Op.silu;
}

// @ts-ignore: decorator
@inline
function applyTwo(op: Op, y: usize, x: usize): void {
  if (op == Op.exp) pairs.expTwo(y, x);
  else if (op == Op.gelu) pairs.geluTwo(false, y, x, 0);
  else pairs.gateTwo(op == Op.silu ? pairs.Gate.silu : pairs.Gate.geluTanh, false, y, x, 0);
}

/** Of one or two instructions: the loop costs as much, so it takes four vectors a turn. */
// @ts-ignore: decorator
@inline
function isCheap(op: Op): bool {
  return op <= Op.relu || op >= Op.castToI32;
}

// @ts-ignore: decorator
@inline
function apply(op: Op, x: v128): v128 {
  if (op == Op.negate) return f32x4.neg(x);
  if (op == Op.abs) return f32x4.abs(x);
  if (op == Op.sign) return sign4(x);
  if (op == Op.square) return f32x4.mul(x, x);
  if (op == Op.reciprocal) return f32x4.div(splat(1), x);
  if (op == Op.sqrt) return f32x4.sqrt(x);
  if (op == Op.rsqrt) return f32x4.div(splat(1), f32x4.sqrt(x));
  if (op == Op.floor) return f32x4.floor(x);
  if (op == Op.round) return f32x4.nearest(x);
  if (op == Op.isFinite) return asFloat(f32x4.lt(f32x4.abs(x), splat(Infinity)));
  if (op == Op.relu) return f32x4.pmax(x, splat(0));
  if (op == Op.exp) return math.exp(x);
  if (op == Op.log) return math.log(x);
  if (op == Op.sin) return select(f32x4.eq(x, splat(0)), x, sin4(x));
  if (op == Op.cos) return cos4(x);
  if (op == Op.tanh) return math.tanh(x);
  if (op == Op.sigmoid) return math.sigmoid(x);
  if (op == Op.erf) return math.erf(x);
  if (op == Op.softplus) return softplus4(x);
  if (op == Op.gelu) return activation.gelu(x);
  if (op == Op.geluTanh) return activation.geluTanh(x);
  if (op == Op.silu) return activation.silu(x);
  if (op == Op.castToI32) return i32x4.trunc_sat_f32x4_s(x);
  return f32x4.convert_i32x4_s(x);
}

/** Zeros and NaN are their own sign. */
// @ts-ignore: decorator
@inline
function sign4(x: v128): v128 {
  return select(f32x4.gt(f32x4.abs(x), splat(0)), math.withSignOf(x, splat(1)), x);
}

/** In f64, two lanes at a time. Not inlined: of so many steps one copy is enough. */
function sin4(x: v128): v128 {
  const low = math64.sin(math64.nearAngle(f64x2.promote_low_f32x4(x)));
  const high = math64.sin(math64.nearAngle(f64x2.promote_low_f32x4(upperHalf(x))));
  return lowerHalves(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high));
}

function cos4(x: v128): v128 {
  const low = math64.cos(math64.nearAngle(f64x2.promote_low_f32x4(x)));
  const high = math64.cos(math64.nearAngle(f64x2.promote_low_f32x4(upperHalf(x))));
  return lowerHalves(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high));
}

// @ts-ignore: decorator
@inline
function upperHalf(x: v128): v128 {
  return v128.shuffle<f32>(x, x, 2, 3, 2, 3);
}

// @ts-ignore: decorator
@inline
function lowerHalves(low: v128, high: v128): v128 {
  return v128.shuffle<f32>(low, high, 0, 1, 4, 5);
}

// @ts-ignore: decorator
@inline
function softplus4(x: v128): v128 {
  const small = math.logOnePlus(math.expUpTo88(f32x4.neg(f32x4.abs(x))));
  return f32x4.add(f32x4.pmax(x, splat(0)), small);
}

// @ts-ignore: decorator
@inline
function mapBackward(op: Op, dx: usize, dy: usize, x: usize, size: i32): void {
  const end = <usize>size << 2;
  let at: usize = 0;
  for (const wide = end & -pairs.PAIR; at < wide; at += pairs.PAIR) {
    if (op == Op.gelu) pairs.geluTwo(true, dx + at, x + at, dy + at);
    else pairs.gateTwo(op == Op.silu ? pairs.Gate.silu : pairs.Gate.geluTanh, true, dx + at, x + at, dy + at);
  }
  for (; at < end; at += VECTOR) {
    const left = <i32>((end - at) >> 2);
    const slope = derivative(op, loadUpTo(x + at, left));
    storeUpTo(dx + at, f32x4.mul(loadUpTo(dy + at, left), slope), left);
  }
}

// @ts-ignore: decorator
@inline
function derivative(op: Op, x: v128): v128 {
  if (op == Op.gelu) return activation.geluDerivative(x);
  if (op == Op.geluTanh) return activation.geluTanhDerivative(x);
  return activation.siluDerivative(x);
}

export function negate(y: usize, x: usize, size: i32): void {
  map(Op.negate, y, x, size);
}

export function abs(y: usize, x: usize, size: i32): void {
  map(Op.abs, y, x, size);
}

export function sign(y: usize, x: usize, size: i32): void {
  map(Op.sign, y, x, size);
}

export function square(y: usize, x: usize, size: i32): void {
  map(Op.square, y, x, size);
}

export function reciprocal(y: usize, x: usize, size: i32): void {
  map(Op.reciprocal, y, x, size);
}

export function sqrt(y: usize, x: usize, size: i32): void {
  map(Op.sqrt, y, x, size);
}

export function rsqrt(y: usize, x: usize, size: i32): void {
  map(Op.rsqrt, y, x, size);
}

export function floor(y: usize, x: usize, size: i32): void {
  map(Op.floor, y, x, size);
}

export function round(y: usize, x: usize, size: i32): void {
  map(Op.round, y, x, size);
}

export function isFinite(y: usize, x: usize, size: i32): void {
  map(Op.isFinite, y, x, size);
}

export function relu(y: usize, x: usize, size: i32): void {
  map(Op.relu, y, x, size);
}

export function exp(y: usize, x: usize, size: i32): void {
  map(Op.exp, y, x, size);
}

export function log(y: usize, x: usize, size: i32): void {
  map(Op.log, y, x, size);
}

export function sin(y: usize, x: usize, size: i32): void {
  map(Op.sin, y, x, size);
}

export function cos(y: usize, x: usize, size: i32): void {
  map(Op.cos, y, x, size);
}

export function tanh(y: usize, x: usize, size: i32): void {
  map(Op.tanh, y, x, size);
}

export function sigmoid(y: usize, x: usize, size: i32): void {
  map(Op.sigmoid, y, x, size);
}

export function erf(y: usize, x: usize, size: i32): void {
  map(Op.erf, y, x, size);
}

export function softplus(y: usize, x: usize, size: i32): void {
  map(Op.softplus, y, x, size);
}

export function gelu(y: usize, x: usize, size: i32): void {
  map(Op.gelu, y, x, size);
}

export function geluBackward(dx: usize, dy: usize, x: usize, size: i32): void {
  mapBackward(Op.gelu, dx, dy, x, size);
}

export function geluTanh(y: usize, x: usize, size: i32): void {
  map(Op.geluTanh, y, x, size);
}

export function geluTanhBackward(dx: usize, dy: usize, x: usize, size: i32): void {
  mapBackward(Op.geluTanh, dx, dy, x, size);
}

export function silu(y: usize, x: usize, size: i32): void {
  map(Op.silu, y, x, size);
}

export function siluBackward(dx: usize, dy: usize, x: usize, size: i32): void {
  mapBackward(Op.silu, dx, dy, x, size);
}

export function castToI32(y: usize, x: usize, size: i32): void {
  map(Op.castToI32, y, x, size);
}

export function castToFloat(y: usize, x: usize, size: i32): void {
  map(Op.castToFloat, y, x, size);
}
