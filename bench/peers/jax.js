/** jax-js on its WebAssembly backend, each case under `jit`. */
export async function open() {
  // It expects a browser's `navigator` and iterator helpers, which Node 20 lacks.
  globalThis.navigator ??= { userAgent: "node", hardwareConcurrency: 1 };
  if (globalThis.Iterator === undefined) await polyfillIterators();
  const { defaultDevice, init, jit, nn, numpy } = await import("@jax-js/jax");
  await init("wasm");
  defaultDevice("wasm");
  return {
    prepare(one, inputs) {
      const operands = inputs.map(({ data, shape }) => numpy.array(data).reshape(shape));
      const compute = jit(one.kind === "product" ? productOf(one, numpy) : attentionOf(nn, numpy));
      const call = () => compute(...operands.map((operand) => operand.ref));
      return {
        run: () => {
          const y = call();
          y.dataSync();
        },
        result: () => call().dataSync(),
      };
    },
  };
}

const productOf =
  ({ transposeA, transposeB }, numpy) =>
  (a, b) =>
    numpy.matmul(transposeA ? numpy.transpose(a) : a, transposeB ? numpy.transpose(b) : b);

/** Its attention wants heads behind time. */
const attentionOf = (nn, numpy) => (q, k, v) => {
  const byTime = [q, k, v].map((x) => numpy.transpose(x, [0, 2, 1, 3]));
  return numpy.transpose(nn.dotProductAttention(...byTime, { isCausal: true }), [0, 2, 1, 3]);
};

async function polyfillIterators() {
  const prototype = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()));
  const helpers = {
    *map(f) {
      for (const x of this) yield f(x);
    },
    *filter(f) {
      for (const x of this) if (f(x)) yield x;
    },
    toArray() {
      return [...this];
    },
    some(f) {
      for (const x of this) if (f(x)) return true;
      return false;
    },
    every(f) {
      for (const x of this) if (!f(x)) return false;
      return true;
    },
  };
  for (const [name, value] of Object.entries(helpers)) {
    if (!(name in prototype))
      Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
  }
}
