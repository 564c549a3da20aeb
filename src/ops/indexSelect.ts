import { ShapeError } from "../errors.ts";
import { empty, operands, type Rule, record } from "../tensor/record.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { aroundAxis, checkIndices } from "./support/indices.ts";

/**
 * The slices of x along `axis` (default 0) that `index` names, in its order; one may come several times.
 *
 * index: [count], i32
 *
 * @throws ArgumentError naming the first index outside the axis
 */
export function indexSelect(x: Tensor, index: Tensor, { axis = 0 }: { readonly axis?: number } = {}): Tensor {
  operands("indexSelect", x, index);
  if (index.rank !== 1) throw new ShapeError("indexSelect", "an index of [count]", index.shape);
  const around = aroundAxis("indexSelect", x, axis);
  checkIndices("indexSelect", index, around.length);
  return selectAt(x, index, around.axis);
}

/** y[…, j, …] = x[…, index[j], …]; the index was checked. */
function selectAt(x: Tensor, index: Tensor, axis: number): Tensor {
  const { outer, length, inner } = aroundAxis("indexSelect", x, axis);
  const y = empty(x.runtime, x.shape.with(axis, index.size), x.dtype);
  x.runtime.kernels.indexSelect(y.ptr, x.ptr, index.ptr, outer, length, inner, index.size);
  return record(y, selectRule, { inputs: [x, index], saved: [index], constants: { axis, length } });
}

/** The adjoint: y[…, index[j], …] += x[…, j, …] over zeros. */
function addAt(x: Tensor, index: Tensor, { axis, length }: Place): Tensor {
  const { outer, inner } = aroundAxis("indexSelect", x, axis);
  const y = empty(x.runtime, x.shape.with(axis, length));
  x.runtime.kernels.fill(y.ptr, y.size, 0);
  if (x.size > 0) x.runtime.kernels.indexAddInto(y.ptr, x.ptr, index.ptr, outer, length, inner, index.size);
  return record(y, addRule, { inputs: [x, index], saved: [index], constants: { axis, length } });
}

interface Place {
  readonly axis: number;
  readonly length: number;
}

const selectRule: Rule<Place> = {
  op: "indexSelect",
  backward: ([dy], { saved: [index], constants }) => [addAt(dy!, index!, constants), null],
};

const addRule: Rule<Place> = {
  op: "indexSelect",
  backward: ([dy], { saved: [index], constants: { axis } }) => [selectAt(dy!, index!, axis), null],
};
