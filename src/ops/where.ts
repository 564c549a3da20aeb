import { broadcastShapes, type Shape } from "../shape.ts";
import { empty, operands, type Rule, record } from "../tensor/record.ts";
import { type DType, Tensor } from "../tensor/tensor.ts";
import { sumTo } from "./sumTo.ts";
import { forEachPlane } from "./support/broadcast.ts";
import { commonDType, type Operand, runtimeOf, toFloat, withOperands } from "./support/operand.ts";

/**
 * a where the condition is not 0, else b, all three broadcast. a, b: tensors or numbers; i32 if a tensor among them is and the other fits,
 * else floats. The gradient goes to what was chosen; the condition has none.
 *
 * ```ts
 * where(less(x, 0), 0, x); // relu
 * ```
 */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  const runtime = runtimeOf("where", condition, a, b);
  const someTensor = a instanceof Tensor || b instanceof Tensor;
  const dtype = someTensor ? commonDType(runtime, [a, b]) : runtime.floatType;
  return withOperands([a, b], runtime, dtype, (left, right) => {
    const decides = toFloat(condition);
    const y = choose(decides, left!, right!, dtype);
    record(y, whereRule, {
      inputs: [left!, right!],
      saved: [decides],
      constants: [left!.shape, right!.shape],
    });
    if (decides !== condition) decides.dispose();
    return y;
  });
}

const whereRule: Rule<readonly [Shape, Shape]> = {
  op: "where",
  backward: ([dy], { saved: [condition], constants: [aShape, bShape], needs }) => [
    needs[0] ? sumTo(where(condition!, dy!, 0), aShape) : null,
    needs[1] ? sumTo(where(condition!, 0, dy!), bShape) : null,
  ],
};

function choose(condition: Tensor, a: Tensor, b: Tensor, dtype: DType): Tensor {
  const { kernels } = operands("where", condition, a, b);
  const shape = broadcastShapes("where", condition.shape, broadcastShapes("where", a.shape, b.shape));
  const y = empty(condition.runtime, shape, dtype);
  if (y.size === 0) return y;
  forEachPlane(
    shape,
    [condition.shape, a.shape, b.shape],
    ({ rows, columns, outputOffset, offsets, rowStrides, columnStrides }) => {
      kernels.where(
        y.ptr,
        condition.ptr,
        a.ptr,
        b.ptr,
        outputOffset,
        offsets[0]!,
        offsets[1]!,
        offsets[2]!,
        rows,
        columns,
        rowStrides[0]!,
        columnStrides[0]!,
        rowStrides[1]!,
        columnStrides[1]!,
        rowStrides[2]!,
        columnStrides[2]!,
      );
    },
  );
  return y;
}
