import { attentionModel, productModel } from "./onnxModels.js";

/** ONNX Runtime Web, WebAssembly, one thread; models of a single node. */
export async function open() {
  const ort = await import("onnxruntime-web");
  ort.env.wasm.numThreads = 1;
  return {
    async prepare(one, inputs) {
      const model = one.kind === "product" ? productModel(one) : attentionModel(one);
      const session = await ort.InferenceSession.create(model, { executionProviders: ["wasm"] });
      const operands = one.kind === "product" ? inputs : inputs.map((input) => byTime(input));
      const feeds = Object.fromEntries(
        operands.map(({ data, shape }, i) => [`x${i}`, new ort.Tensor("float32", data, shape)]),
      );
      return {
        run: async () => void (await session.run(feeds)),
        result: async () => {
          const { y } = await session.run(feeds);
          return one.kind === "product" ? y.data : byHead(y.data, one);
        },
      };
    },
  };
}

/** [B, H, T, D] → [B, T, H·D], as its attention wants it. */
function byTime({ data, shape: [batch, heads, time, width] }) {
  const moved = new Float32Array(data.length);
  for (let at = 0; at < data.length; at++) {
    const [d, t] = [at % width, Math.floor(at / width) % time];
    const [h, b] = [Math.floor(at / (width * time)) % heads, Math.floor(at / (width * time * heads))];
    moved[((b * time + t) * heads + h) * width + d] = data[at];
  }
  return { data: moved, shape: [batch, time, heads * width] };
}

/** The way back. */
function byHead(data, { heads, time, width }) {
  return Float32Array.from(data, (_, at) => {
    const [d, t] = [at % width, Math.floor(at / width) % time];
    const [h, b] = [Math.floor(at / (width * time)) % heads, Math.floor(at / (width * time * heads))];
    return data[((b * time + t) * heads + h) * width + d];
  });
}
