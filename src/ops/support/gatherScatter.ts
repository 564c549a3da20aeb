import { empty, type Rule, record } from "../../tensor/record.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { aroundAxis } from "./indices.ts";

/** The adjoint of `gatherAt`: source added into zeros, `length` of them along the axis. The index was checked. */
export function scatterAt(source: Tensor, index: Tensor, axis: number, length: number): Tensor {
  const { outer, inner } = aroundAxis("scatterAdd", source, axis);
  const y = empty(source.runtime, source.shape.with(axis, length));
  const { kernels } = source.runtime;
  kernels.fill(y.ptr, y.size, 0);
  if (source.size > 0)
    kernels.scatterAddInto(y.ptr, source.ptr, index.ptr, outer, length, inner, source.shape[axis]!);
  return record(y, scatterRule, { inputs: [source, index], saved: [index], constants: axis });
}

/** The adjoint of `scatterAt`: y[i, …, j, …] = x[i, …, index[i, …, j, …], …]. The index was checked. */
export function gatherAt(x: Tensor, index: Tensor, axis: number): Tensor {
  const { outer, length, inner } = aroundAxis("gather", x, axis);
  const y = empty(x.runtime, index.shape, x.dtype);
  x.runtime.kernels.gather(y.ptr, x.ptr, index.ptr, outer, length, inner, index.shape[axis]!);
  return record(y, gatherRule, { inputs: [x, index], saved: [index], constants: { axis, length } });
}

const scatterRule: Rule<number> = {
  op: "scatterAdd",
  backward: ([dy], { saved: [index], constants: axis }) => [gatherAt(dy!, index!, axis), null],
};

const gatherRule: Rule<{ readonly axis: number; readonly length: number }> = {
  op: "gather",
  backward: ([dy], { saved: [index], constants: { axis, length } }) => [
    scatterAt(dy!, index!, axis, length),
    null,
  ],
};
