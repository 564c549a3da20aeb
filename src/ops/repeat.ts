import { ArgumentError } from "../errors.ts";
import { operands } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { broadcastTo } from "./broadcastTo.ts";
import { reshape } from "./reshape.ts";

/**
 * x laid side by side `counts[axis]` times along each axis, as tiles; counts beyond x's rank make new axes in front. As PyTorch's
 * `repeat` and numpy's `tile`.
 *
 * ```ts
 * repeat(tensor([1, 2]), [2, 3]); // [[1, 2, 1, 2, 1, 2], [1, 2, 1, 2, 1, 2]]
 * ```
 */
export function repeat(x: Tensor, counts: readonly number[]): Tensor {
  const runtime = operands("repeat", x);
  if (counts.length < x.rank || !counts.every((count) => Number.isInteger(count) && count >= 0)) {
    throw new ArgumentError("repeat", `at least ${x.rank} whole counts from 0 on`, counts);
  }
  const sizes = [...new Array<number>(counts.length - x.rank).fill(1), ...x.shape];
  return runtime.scope(() => {
    // Each axis is seen as tiles × elements of one, and the tiles are broadcast.
    const one = reshape(
      x,
      sizes.flatMap((n) => [1, n]),
    );
    const all = broadcastTo(
      one,
      sizes.flatMap((n, axis) => [counts[axis]!, n]),
    );
    return reshape(
      all,
      sizes.map((n, axis) => counts[axis]! * n),
    );
  });
}
