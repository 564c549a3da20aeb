/** TensorFlow.js on its WebAssembly backend with SIMD, one thread (its threads do not start on Node 20). */
export async function open() {
  const tf = await import("@tensorflow/tfjs-core");
  const { setThreadsCount, setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
  setThreadsCount(1);
  setWasmPaths(new URL("node_modules/@tensorflow/tfjs-backend-wasm/dist/", import.meta.url).pathname);
  await tf.setBackend("wasm");
  await tf.ready();
  return {
    prepare(one, inputs) {
      const operands = inputs.map(({ data, shape }) => tf.tensor(data, shape));
      const compute = one.kind === "product" ? productOf(tf, one) : attentionOf(tf, one);
      return {
        run: () => tf.tidy(() => void compute(...operands)),
        result: () => tf.tidy(() => compute(...operands).dataSync()),
      };
    },
  };
}

const productOf =
  (tf, { transposeA, transposeB }) =>
  (a, b) =>
    tf.matMul(a, b, transposeA, transposeB);

function attentionOf(tf, { time, width }) {
  const hidden = Float32Array.from({ length: time * time }, (_, i) =>
    i % time > Math.floor(i / time) ? -1e9 : 0,
  );
  const mask = tf.tensor(hidden, [time, time]);
  return (q, k, v) => {
    const scores = tf.add(tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(width)), mask);
    return tf.matMul(tf.softmax(scores), v);
  };
}
