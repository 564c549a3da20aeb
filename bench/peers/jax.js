/** jax-js on its WebAssembly backend, each case under `jit`. */
import { inputsOf } from "./inputs.js";
import { decodingOf, trainingOf } from "./jaxGpt.js";

export async function open() {
  // It expects a browser's `navigator` and iterator helpers, which Node 20 lacks.
  globalThis.navigator ??= { userAgent: "node", hardwareConcurrency: 1 };
  if (globalThis.Iterator === undefined) polyfillIterators();
  const jax = await import("@jax-js/jax");
  await jax.init("wasm");
  jax.defaultDevice("wasm");
  const preparing = { training: trainingOf, decoding: decodingOf };
  return (one) => (preparing[one.kind] ?? prepareOp)(one, jax);
}

function prepareOp(one, jax) {
  const { jit, numpy } = jax;
  const operands = inputsOf(one).map(({ data, shape }) => numpy.array(data).reshape(shape));
  const compute = jit(functions[one.kind](one, jax));
  const call = () => [compute(...operands.map((operand) => operand.ref))].flat();
  return {
    // Calls return before they have ended: reading waits.
    run: () => void call().map((y) => y.dataSync()),
    results: () => call().map((y) => y.dataSync()),
    dispose: () => {
      for (const operand of operands) operand.dispose();
    },
  };
}

const functions = {
  product:
    ({ transposeA, transposeB }, { numpy }) =>
    (a, b) =>
      numpy.matmul(transposeA ? numpy.transpose(a) : a, transposeB ? numpy.transpose(b) : b),
  attention: (_, jax) => attentionByHead(jax),
  attentionBackward: (_, jax) => {
    const { vjp } = jax;
    return (q, k, v, dy) => {
      const [y, pullBack] = vjp(attentionByHead(jax), [q, k, v]);
      return [y, ...pullBack(dy)];
    };
  },
};

/** Its attention wants heads behind time. */
const attentionByHead =
  ({ nn, numpy }) =>
  (q, k, v) => {
    const byTime = [q, k, v].map((x) => numpy.transpose(x, [0, 2, 1, 3]));
    return numpy.transpose(nn.dotProductAttention(...byTime, { isCausal: true }), [0, 2, 1, 3]);
  };

function polyfillIterators() {
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
