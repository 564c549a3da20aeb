/** TensorFlow.js on its WebAssembly backend with SIMD, one thread (its threads do not start on Node 20). */
import { inputsOf } from "./inputs.js";
import { trainingOf } from "./tensorflowGpt.js";

export async function open() {
  const tf = (await import("@tensorflow/tfjs")).default;
  const { setThreadsCount, setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
  setThreadsCount(1);
  setWasmPaths(new URL("node_modules/@tensorflow/tfjs-backend-wasm/dist/", import.meta.url).pathname);
  await tf.setBackend("wasm");
  await tf.ready();
  return (one) => {
    if (one.kind === "decoding") return null;
    return one.kind === "training" ? trainingOf(one, tf) : prepareOp(one, tf);
  };
}

function prepareOp(one, tf) {
  const operands = inputsOf(one).map(({ data, shape }) => tf.tensor(data, shape));
  const compute = functions[one.kind](one, tf);
  return {
    run: () => tf.tidy(() => void compute(...operands)),
    results: () => tf.tidy(() => [compute(...operands)].flat().map((y) => y.dataSync())),
    dispose: () => tf.dispose(operands),
  };
}

const functions = {
  product:
    ({ transposeA, transposeB }, tf) =>
    (a, b) =>
      tf.matMul(a, b, transposeA, transposeB),
  attention: causalAttention,
  attentionBackward: (one, tf) => {
    const attend = causalAttention(one, tf);
    return (q, k, v, dy) => {
      let y;
      const gradientsOf = tf.grads((...operands) => {
        y = tf.keep(attend(...operands));
        return y;
      });
      const gradients = gradientsOf([q, k, v], dy);
      return [tf.tidy(() => tf.mul(y, 1)), ...gradients];
    };
  },
};

/** (q, k, v), each [B, H, T, D] → [B, H, T, D]; the mask of hidden pairs is made once. */
export function causalAttention({ time, width }, tf) {
  const hidden = Float32Array.from({ length: time * time }, (_, i) =>
    i % time > Math.floor(i / time) ? -1e9 : 0,
  );
  const mask = tf.keep(tf.tensor(hidden, [time, time]));
  return (q, k, v) => {
    const scores = tf.add(tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(width)), mask);
    return tf.matMul(tf.softmax(scores), v);
  };
}
