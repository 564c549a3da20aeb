/** ONNX Runtime Web, WebAssembly, one thread. It runs models and does not train them. */
import { likeliest } from "./gpt.js";
import { inputsOf } from "./inputs.js";
import { attentionModel, decodingModel, productModel } from "./onnxModels.js";

const models = { product: productModel, attention: attentionModel, decoding: decodingModel };

export async function open() {
  const ort = await import("onnxruntime-web");
  ort.env.wasm.numThreads = 1;
  return async (one) => {
    const model = models[one.kind]?.(one);
    if (model === undefined) return null;
    const options = { executionProviders: ["wasm"], graphOptimizationLevel: "all" };
    const session = await ort.InferenceSession.create(model, options);
    const prepared = one.kind === "decoding" ? decodingOf(one, session, ort) : opOf(one, session, ort);
    return { ...prepared, dispose: () => session.release() };
  };
}

function opOf(one, session, ort) {
  const operands = one.kind === "product" ? inputsOf(one) : inputsOf(one).map((input) => byTime(input));
  const feeds = Object.fromEntries(
    operands.map(({ data, shape }, i) => [`x${i}`, new ort.Tensor("float32", data, shape)]),
  );
  return {
    run: async () => void (await session.run(feeds)),
    results: async () => {
      const { y } = await session.run(feeds);
      return [one.kind === "product" ? y.data : byHead(y.data, one)];
    },
  };
}

function decodingOf(one, session, ort) {
  const { layers, heads, width, vocabSize } = one.config;
  const [{ data: prompt }] = inputsOf(one);
  const int64 = (values) => new ort.Tensor("int64", BigInt64Array.from(values, BigInt), [values.length]);
  const empty = () => new ort.Tensor("float32", new Float32Array(0), [2, 1, heads, 0, width / heads]);
  const run = async () => {
    const text = [...prompt];
    let seen = Array.from({ length: layers }, empty);
    let done = 0;
    while (text.length < prompt.length + one.tokens) {
      const tokens = text.slice(done);
      const feeds = { tokens: int64(tokens), positions: int64(tokens.map((_, i) => done + i)) };
      seen.forEach((tensor, layer) => {
        feeds[`past${layer}`] = tensor;
      });
      const found = await session.run(feeds);
      seen = seen.map((_, layer) => found[`seen${layer}`]);
      done = text.length;
      text.push(likeliest(found.logits.data.subarray(-vocabSize)));
    }
    return text.slice(prompt.length);
  };
  return { run, results: async () => [await run()] };
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
