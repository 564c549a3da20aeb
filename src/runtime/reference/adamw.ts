import type { AdamwKernels } from "../kernels/adamw.ts";
import type { Slots } from "./slots.ts";

export function adamwReference({ floats, round }: Slots): AdamwKernels {
  return {
    adamw(
      parameter,
      m,
      v,
      gradient,
      size,
      decay,
      beta1,
      oneMinusBeta1,
      beta2,
      oneMinusBeta2,
      stepSize,
      rootScale,
      eps,
    ) {
      const p = floats(parameter);
      const first = floats(m);
      const second = floats(v);
      const g = floats(gradient);
      const product = (a: number, b: number) => round(a * round(b));
      for (let i = 0; i < size; i++) {
        const decayed = round(p[i]! - product(p[i]!, decay));
        const square = round(g[i]! * g[i]!);
        first[i] = product(first[i]!, beta1) + product(g[i]!, oneMinusBeta1);
        second[i] = product(second[i]!, beta2) + product(square, oneMinusBeta2);

        const root = round(product(round(Math.sqrt(second[i]!)), rootScale) + round(eps));
        p[i] = decayed - round(product(first[i]!, stepSize) / root);
      }
    },
  };
}
