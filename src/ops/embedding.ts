import { ShapeError } from "../errors.ts";
import { empty, operands, type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { indexSelect } from "./indexSelect.ts";
import { reshape } from "./reshape.ts";
import { checkIndices } from "./support/indices.ts";
import { needFloats } from "./support/operand.ts";

/**
 * y[..., :] = weight[indices[...], :].  weight: [V, C]  indices: [...], i32  y: [..., C]
 *
 * @throws ArgumentError naming an index that is not from 0 to V - 1.
 */
export function embedding(weight: Tensor, indices: Tensor): Tensor {
  const { kernels } = operands("embedding", weight, indices);
  needFloats("embedding", weight);
  const [vocabulary, width] = weight.shape;
  if (weight.rank !== 2) throw new ShapeError("embedding", "a weight of [V, C]", weight.shape);
  checkIndices("embedding", indices, vocabulary!);
  const y = empty(weight.runtime, [...indices.shape, width!]);
  kernels.indexSelect(y.ptr, weight.ptr, indices.ptr, 1, vocabulary!, width!, indices.size);
  return record(y, embeddingRule, { inputs: [weight, indices], saved: [indices], constants: vocabulary! });
}

/** dWeight[v, :] = Σ dy[..., :] over the places whose index is v. */
const embeddingRule: Rule<number> = {
  op: "embedding",
  backward([dy], { saved: [indices], constants: vocabulary }) {
    const { runtime } = dy!;
    const width = dy!.shape.at(-1)!;
    const dWeight = empty(runtime, [vocabulary, width]);
    runtime.kernels.fill(dWeight.ptr, dWeight.size, 0);
    if (dy!.size > 0) {
      runtime.kernels.indexAddInto(dWeight.ptr, dy!.ptr, indices!.ptr, 1, vocabulary, width, indices!.size);
    }
    return [dWeight, null];
  },
  definition([weight, indices]) {
    const rows = indexSelect(weight!, reshape(indices!, [indices!.size]), { axis: 0 });
    return [reshape(rows, [...indices!.shape, weight!.shape[1]!])];
  },
};
