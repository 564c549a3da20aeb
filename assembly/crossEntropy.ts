/** Softmax and negative log likelihood in one: no row of probabilities is ever stored. */
import { LANES, loadFirst, slot, storeFirst, VECTOR } from "./lanes";
import { expUpTo88, log } from "./math";
import { PAIR, shiftedExpTwo, Use } from "./pairs";
import { rowExpSum, rowMaximum, rowSum } from "./rows";

/** loss = logSumExp - (1-ε)·logit of the target - (ε/width)·Σ logits. */
export function crossEntropy(
  loss: usize, logSumExp: usize, logits: usize, targets: usize,
  rows: i32, width: i32, ignoreIndex: i32, labelSmoothing: f32,
): void {
  for (let r = 0; r < rows; r++) {
    const maximum = rowMaximum(logits, width);
    const sum = rowExpSum(false, 0, logits, width, maximum);
    const normalizer = maximum + f32x4.extract_lane(log(f32x4.splat(sum)), 0);
    store<f32>(slot(logSumExp, r), normalizer);
    const target = load<i32>(slot(targets, r));
    let value: f32 = 0;
    if (target != ignoreIndex) {
      value = normalizer - (1 - labelSmoothing) * load<f32>(slot(logits, target));
      // Without smoothing a masked logit of -∞ must not spoil the loss.
      if (labelSmoothing != 0) value -= (labelSmoothing / <f32>width) * rowSum(logits, width);
    }
    store<f32>(slot(loss, r), value);
    logits = slot(logits, width);
  }
}

/** dLogits = dLoss·(exp(logit - logSumExp) - ε/width), and dLoss·(1-ε) less at the target. */
export function crossEntropyBackward(
  dLogits: usize, dLoss: usize, logits: usize, targets: usize, logSumExp: usize,
  rows: i32, width: i32, ignoreIndex: i32, labelSmoothing: f32,
): void {
  const uniform = f32x4.splat(labelSmoothing / <f32>width);
  for (let r = 0; r < rows; r++) {
    const target = load<i32>(slot(targets, r));
    if (target == ignoreIndex) {
      for (let j = 0; j < width; j++) store<f32>(slot(dLogits, j), 0);
    } else {
      const normalizer = v128.load32_splat(slot(logSumExp, r));
      const scale = v128.load32_splat(slot(dLoss, r));
      const wanted = f32x4.add(f32x4.splat(1 - labelSmoothing), uniform);
      const chosen = expUpTo88(f32x4.sub(v128.load32_splat(slot(logits, target)), normalizer));
      const atTarget = f32x4.sub(chosen, wanted);
      const body = <usize>(width & -LANES) << 2;
      let at: usize = 0;
      for (const wide = body & -PAIR; at < wide; at += PAIR) {
        shiftedExpTwo(Use.slope, dLogits + at, logits + at, normalizer, scale, scale, uniform);
      }
      for (; at < body; at += VECTOR) {
        const p = expUpTo88(f32x4.sub(v128.load(logits + at), normalizer));
        v128.store(dLogits + at, f32x4.mul(scale, f32x4.sub(p, uniform)));
      }
      const left = width & (LANES - 1);
      if (left) {
        const p = expUpTo88(f32x4.sub(loadFirst(logits + at, left), normalizer));
        storeFirst(dLogits + at, f32x4.mul(scale, f32x4.sub(p, uniform)), left);
      }
      store<f32>(slot(dLogits, target), f32x4.extract_lane(f32x4.mul(scale, atTarget), 0));
    }
    dLogits = slot(dLogits, width);
    logits = slot(logits, width);
  }
}
