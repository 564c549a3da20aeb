/**
 * One pass over parameter, moments and gradient; bound by memory, and by a division and a root per element.
 */
import { LANES, loadUpTo, storeUpTo, VECTOR } from "./lanes";

export function adamw(
  parameter: usize, m: usize, v: usize, gradient: usize, size: i32,
  decay: f32, beta1: f32, oneMinusBeta1: f32, beta2: f32, oneMinusBeta2: f32,
  stepSize: f32, rootScale: f32, eps: f32,
): void {
  let at: usize = 0;
  for (let left = size; left > 0; left -= LANES) {
    const g = loadUpTo(gradient + at, left);
    const p = loadUpTo(parameter + at, left);
    const decayed = f32x4.sub(p, f32x4.mul(p, f32x4.splat(decay)));
    const first = f32x4.add(
      f32x4.mul(loadUpTo(m + at, left), f32x4.splat(beta1)),
      f32x4.mul(g, f32x4.splat(oneMinusBeta1)),
    );
    const second = f32x4.add(
      f32x4.mul(loadUpTo(v + at, left), f32x4.splat(beta2)),
      f32x4.mul(f32x4.mul(g, g), f32x4.splat(oneMinusBeta2)),
    );
    const root = f32x4.add(f32x4.mul(f32x4.sqrt(second), f32x4.splat(rootScale)), f32x4.splat(eps));
    const step = f32x4.div(f32x4.mul(first, f32x4.splat(stepSize)), root);
    storeUpTo(m + at, first, left);
    storeUpTo(v + at, second, left);
    storeUpTo(parameter + at, f32x4.sub(decayed, step), left);
    at += VECTOR;
  }
}
