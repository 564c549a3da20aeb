/**
 * One pass over parameter, moments and gradient; bound by memory, and by a division and a root per element.
 */
import { LANES, loadUpTo, storeUpTo, VECTOR } from "./lanes";

export function adamw(
  parameter: usize, m: usize, v: usize, gradient: usize, size: i32,
  decay: f32, beta1: f32, oneMinusBeta1: f32, beta2: f32, oneMinusBeta2: f32,
  stepSize: f32, rootScale: f32, eps: f32,
): void {
  // Made here, since an engine makes the vector of a constant again wherever a loop asks for it.
  const share = f32x4.splat(decay);
  const keepM = f32x4.splat(beta1);
  const addM = f32x4.splat(oneMinusBeta1);
  const keepV = f32x4.splat(beta2);
  const addV = f32x4.splat(oneMinusBeta2);
  const rate = f32x4.splat(stepSize);
  const scale = f32x4.splat(rootScale);
  const least = f32x4.splat(eps);
  let at: usize = 0;
  for (let left = size; left > 0; left -= LANES) {
    const g = loadUpTo(gradient + at, left);
    const first = f32x4.add(f32x4.mul(loadUpTo(m + at, left), keepM), f32x4.mul(g, addM));
    const second = f32x4.add(f32x4.mul(loadUpTo(v + at, left), keepV), f32x4.mul(f32x4.mul(g, g), addV));
    storeUpTo(m + at, first, left);
    storeUpTo(v + at, second, left);
    const root = f32x4.add(f32x4.mul(f32x4.sqrt(second), scale), least);
    const p = loadUpTo(parameter + at, left);
    const decayed = f32x4.sub(p, f32x4.mul(p, share));
    storeUpTo(parameter + at, f32x4.sub(decayed, f32x4.div(f32x4.mul(first, rate), root)), left);
    at += VECTOR;
  }
}
