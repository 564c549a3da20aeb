import { attention, matmul, scope, tensor } from "../../dist/index.js";

/** One thread, through the public ops. */
export async function open() {
  return {
    prepare(one, inputs) {
      const operands = inputs.map(({ data, shape }) => tensor(data, { shape }));
      const compute =
        one.kind === "product"
          ? () => matmul(...operands, one)
          : () => attention(...operands, { causal: true });
      return {
        run: () => scope(() => void compute()),
        result: () => compute().toTypedArray(),
      };
    },
  };
}
