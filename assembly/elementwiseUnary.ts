/** Kernels of one operand. The operation is a constant of each inlined loop, so nothing is decided while it runs. */
import { asFloat, LANES, loadFirst, select, storeFirst, VECTOR } from "./lanes";
import * as math from "./math";
import * as math64 from "./math64";

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

const ROOT_2_OVER_PI: f32 = 0.7978845608028654;
const CUBIC: f32 = 0.044715;
const INVERSE_ROOT_2PI: f32 = 0.3989422804014327;

/** Where gelu is 0 or x to the last bit, and its derivative 0 or 1; below the square root of -2·ln(2⁻¹²⁶), 13.2. */
const GELU_LIMIT: f32 = 13;

// @ts-ignore: decorator
@inline
function splat(x: f32): v128 {
  return f32x4.splat(x);
}

// @ts-ignore: decorator
@inline
function map(op: Op, y: usize, x: usize, size: i32): void {
  const body = <usize>(size & -LANES) << 2;
  let at: usize = 0;
  for (; at < body; at += VECTOR) v128.store(y + at, apply(op, v128.load(x + at)));
  const left = size & (LANES - 1);
  if (left) storeFirst(y + at, apply(op, loadFirst(x + at, left)), left);
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
  if (op == Op.gelu) return gelu4(x);
  if (op == Op.geluTanh) return f32x4.mul(x, math.sigmoid(twiceGeluTanhArgument(x)));
  if (op == Op.silu) return f32x4.mul(x, math.sigmoid(x));
  if (op == Op.castToI32) return i32x4.trunc_sat_f32x4_s(x);
  return f32x4.convert_i32x4_s(x);
}

/** Zeros and NaN are their own sign. */
// @ts-ignore: decorator
@inline
function sign4(x: v128): v128 {
  return select(f32x4.gt(f32x4.abs(x), splat(0)), math.withSignOf(x, splat(1)), x);
}

/** In f64, two lanes at a time. */
// @ts-ignore: decorator
@inline
function sin4(x: v128): v128 {
  const low = math64.sin(math64.nearAngle(f64x2.promote_low_f32x4(x)));
  const high = math64.sin(math64.nearAngle(f64x2.promote_low_f32x4(upperHalf(x))));
  return lowerHalves(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high));
}

// @ts-ignore: decorator
@inline
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
function gelu4(x: v128): v128 {
  const near = math.clamp(x, GELU_LIMIT);
  return f32x4.mul(f32x4.pmax(x, splat(-GELU_LIMIT)), math.normalDistribution(near, math.gaussian(near)));
}

/** 2u of gelu ≈ x·(1 + tanh u)/2 = x·sigmoid(2u). */
// @ts-ignore: decorator
@inline
function twiceGeluTanhArgument(x: v128): v128 {
  const cubic = f32x4.add(splat(1), f32x4.mul(splat(CUBIC), f32x4.mul(x, x)));
  return f32x4.mul(f32x4.mul(splat(2 * ROOT_2_OVER_PI), x), cubic);
}

// @ts-ignore: decorator
@inline
function mapBackward(op: Op, dx: usize, dy: usize, x: usize, size: i32): void {
  const body = <usize>(size & -LANES) << 2;
  let at: usize = 0;
  for (; at < body; at += VECTOR) {
    v128.store(dx + at, f32x4.mul(v128.load(dy + at), derivative(op, v128.load(x + at))));
  }
  const left = size & (LANES - 1);
  if (left) storeFirst(dx + at, f32x4.mul(loadFirst(dy + at, left), derivative(op, loadFirst(x + at, left))), left);
}

// @ts-ignore: decorator
@inline
function derivative(op: Op, x: v128): v128 {
  if (op == Op.gelu) return geluDerivative(x);
  if (op == Op.geluTanh) return geluTanhDerivative(x);
  return siluDerivative(x);
}

/** Φ(x) + x·φ(x). */
// @ts-ignore: decorator
@inline
function geluDerivative(x: v128): v128 {
  const near = math.clamp(x, GELU_LIMIT);
  const gaussian = math.gaussian(near);
  const density = f32x4.mul(gaussian, splat(INVERSE_ROOT_2PI));
  return f32x4.add(math.normalDistribution(near, gaussian), f32x4.mul(near, density));
}

/** s(2u) + x·s(2u)·s(-2u)·2u' with s the sigmoid. */
// @ts-ignore: decorator
@inline
function geluTanhDerivative(x: v128): v128 {
  const near = math.clamp(x, GELU_LIMIT);
  const s = math.sigmoid(twiceGeluTanhArgument(near));
  const square = f32x4.mul(near, near);
  const cubic = f32x4.add(splat(1), f32x4.mul(splat(3 * CUBIC), square));
  const slope = f32x4.mul(f32x4.mul(splat(2 * ROOT_2_OVER_PI), near), cubic);
  return f32x4.mul(s, f32x4.add(splat(1), f32x4.mul(slope, f32x4.sub(splat(1), s))));
}

/** s·(1 + x·(1 - s)) with s = sigmoid(x). */
// @ts-ignore: decorator
@inline
function siluDerivative(x: v128): v128 {
  const s = math.sigmoid(x);
  const near = math.clamp(x, 100);
  return f32x4.mul(s, f32x4.add(splat(1), f32x4.mul(near, f32x4.sub(splat(1), s))));
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
