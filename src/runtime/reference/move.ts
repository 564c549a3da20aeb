import type { MoveKernels } from "../kernels/move.ts";
import type { Slots } from "./slots.ts";

export function moveReference({ floats, ints, raw }: Slots): MoveKernels {
  return {
    copy(y, x, yOffset, xOffset, n0, n1, n2, n3, y0, y1, y2, y3, x0, x1, x2, x3) {
      const to = raw(y);
      const from = raw(x);
      for (let i0 = 0; i0 < n0; i0++) {
        for (let i1 = 0; i1 < n1; i1++) {
          for (let i2 = 0; i2 < n2; i2++) {
            for (let i3 = 0; i3 < n3; i3++) {
              const source = xOffset + i0 * x0 + i1 * x1 + i2 * x2 + i3 * x3;
              to[yOffset + i0 * y0 + i1 * y1 + i2 * y2 + i3 * y3] = from[source]!;
            }
          }
        }
      }
    },
    fill(y, size, value) {
      floats(y).fill(value, 0, size);
    },
    fillI32(y, size, value) {
      ints(y).fill(value, 0, size);
    },
  };
}
