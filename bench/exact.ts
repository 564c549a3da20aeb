import { Random, randomNormal, type Tensor, tensor, withRuntime } from "lanegrad";
import { createRuntime, referenceBackend } from "lanegrad/testing";

/** The same computation on the f64 reference, from the same numbers. */
export function exactly(
  compute: (...inputs: Tensor[]) => readonly Tensor[],
  inputs: readonly Tensor[],
): readonly ArrayLike<number>[] {
  const runtime = createRuntime({ backend: referenceBackend() });
  return withRuntime(runtime, () => {
    const copies = inputs.map((input) => {
      const data = input.toTypedArray();
      const { shape, requiresGrad } = input;
      return tensor(data, { shape, requiresGrad });
    });
    const outputs = compute(...copies).map((output) => output.toTypedArray());
    runtime.dispose();
    return outputs;
  });
}

/** Largest difference between tensors and exact values, as a share of the largest exact value of each. */
export function errorOf(outputs: readonly Tensor[], exact: readonly ArrayLike<number>[]): number {
  return Math.max(...outputs.map((output, i) => deviation(output.toTypedArray(), exact[i]!)));
}

/** Largest |value - exact| over largest |exact|; infinite where a value is NaN, so that it is seen. */
export function deviation(values: ArrayLike<number>, exact: ArrayLike<number>): number {
  let difference = 0;
  let scale = 0;
  for (let i = 0; i < exact.length; i++) {
    const distance = Math.abs(values[i]! - exact[i]!);
    if (Number.isNaN(distance)) return Number.POSITIVE_INFINITY;
    difference = Math.max(difference, distance);
    scale = Math.max(scale, Math.abs(exact[i]!));
  }
  return difference / scale;
}

/** What a case computes with: normal numbers, the same in every run. */
export function normal(seed: number, ...shape: readonly number[]): Tensor {
  return randomNormal(shape, { random: new Random(seed) });
}

/** As `normal`, with a gradient to come. */
export function normalLeaf(seed: number, ...shape: readonly number[]): Tensor {
  return randomNormal(shape, { random: new Random(seed), requiresGrad: true });
}
