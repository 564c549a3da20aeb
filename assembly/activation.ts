/** gelu in both forms and silu, x times a gate, and their derivatives, of four floats. */
import { select } from "./lanes";
import * as math from "./math";

const ROOT_2_OVER_PI: f32 = 0.7978845608028654;
const CUBIC: f32 = 0.044715;
const INVERSE_ROOT_2PI: f32 = 0.3989422804014327;

/**
 * From here on gelu is 0 or x to the last bit, and its derivative 0 or 1. Its exponential stays in range:
 * 13² /2 < 88.
 */
const GELU_LIMIT: f32 = 13;

/** The same for the tanh form, whose exponential is e^2u with 2u = 66 here, and for silu. */
const GELU_TANH_LIMIT: f32 = 9;
const SILU_LIMIT: f32 = 86;

// @ts-ignore: decorator
@inline
function splat(x: f32): v128 {
  return f32x4.splat(x);
}

/** x·Φ(x) = max(x, 0) - |x|·Φ(-|x|). */
// @ts-ignore: decorator
@inline
export function gelu(x: v128): v128 {
  const a = f32x4.pmin(f32x4.abs(x), splat(GELU_LIMIT));
  const lost = f32x4.mul(f32x4.mul(a, math.gaussian(a)), math.scaledNormalTail(a));
  return f32x4.sub(f32x4.pmax(x, splat(0)), lost);
}

/** x·sigmoid(2u). */
// @ts-ignore: decorator
@inline
export function geluTanh(x: v128): v128 {
  const near = f32x4.pmax(x, splat(-GELU_TANH_LIMIT));
  return f32x4.div(near, f32x4.add(splat(1), math.expUpTo88(f32x4.neg(twiceGeluTanhArgument(near)))));
}

// @ts-ignore: decorator
@inline
export function silu(x: v128): v128 {
  const near = f32x4.pmax(x, splat(-SILU_LIMIT));
  return f32x4.div(near, f32x4.add(splat(1), math.expUpTo88(f32x4.neg(near))));
}

/** 2u of gelu ≈ x·(1 + tanh u)/2 = x·sigmoid(2u). */
// @ts-ignore: decorator
@inline
function twiceGeluTanhArgument(x: v128): v128 {
  const cubic = f32x4.mul(splat(2 * ROOT_2_OVER_PI * CUBIC), f32x4.mul(x, x));
  return f32x4.mul(x, f32x4.add(splat(2 * ROOT_2_OVER_PI), cubic));
}

/** Φ(x) + x·φ(x): t = Φ(-a) - a·φ(a) for x = -a, 1 - t for x = a. */
// @ts-ignore: decorator
@inline
export function geluDerivative(x: v128): v128 {
  const a = f32x4.pmin(f32x4.abs(x), splat(GELU_LIMIT));
  const scaled = f32x4.sub(math.scaledNormalTail(a), f32x4.mul(a, splat(INVERSE_ROOT_2PI)));
  const t = f32x4.mul(math.gaussian(a), scaled);
  return select(f32x4.lt(x, splat(0)), t, f32x4.sub(splat(1), t));
}

/** s + x·s·(1 - s)·2u' with s = sigmoid(2u); with e = e^-2u, 1 - s is e·s, which does not cancel. */
// @ts-ignore: decorator
@inline
export function geluTanhDerivative(x: v128): v128 {
  const near = math.clamp(x, GELU_TANH_LIMIT);
  const square = f32x4.mul(near, near);
  const slope = f32x4.add(splat(2 * ROOT_2_OVER_PI), f32x4.mul(splat(6 * ROOT_2_OVER_PI * CUBIC), square));
  return gateDerivative(math.expUpTo88(f32x4.neg(twiceGeluTanhArgument(near))), f32x4.mul(near, slope));
}

/** s + x·s·(1 - s) with s = sigmoid(x). */
// @ts-ignore: decorator
@inline
export function siluDerivative(x: v128): v128 {
  const near = math.clamp(x, SILU_LIMIT);
  return gateDerivative(math.expUpTo88(f32x4.neg(near)), near);
}

/** s·(1 + slope·e·s) with s = 1/(1 + e). */
// @ts-ignore: decorator
@inline
function gateDerivative(e: v128, slope: v128): v128 {
  const s = f32x4.div(splat(1), f32x4.add(splat(1), e));
  return f32x4.mul(s, f32x4.add(splat(1), f32x4.mul(slope, f32x4.mul(e, s))));
}
