/** The ONNX models of the cases, with ONNX Runtime's own fused operators where there are any. */
import { EPS } from "./gpt.js";
import { weightsOf } from "./inputs.js";
import { modelOf } from "./protobuf.js";

const FUSED = "com.microsoft";

export function productModel({ transposeA, transposeB }) {
  const attributes = { transA: Number(transposeA), transB: Number(transposeB) };
  const inputs = { x0: "float32", x1: "float32" };
  return modelOf({ nodes: [["Gemm", ["x0", "x1"], ["y"], attributes]], inputs, outputs: { y: "float32" } });
}

export function attentionModel({ heads }) {
  const inputs = { x0: "float32", x1: "float32", x2: "float32" };
  const attributes = { num_heads: heads, unidirectional: 1 };
  const node = ["MultiHeadAttention", Object.keys(inputs), ["y"], attributes, FUSED];
  return modelOf({ nodes: [node], inputs, outputs: { y: "float32" } });
}

/**
 * tokens and positions [T], and of each layer what it saw before [2, 1, H, P, D] → logits [T, V], and of each layer [2, 1, H, P+T, D]. The
 * operator Attention holds the product of queries, keys and values in itself.
 */
export function decodingModel(one) {
  const { layers, heads, width } = one.config;
  const given = weightsOf(one);
  const weights = { noBias: { shape: [3 * width], data: new Float32Array(3 * width) } };
  for (const [name, weight] of Object.entries(given)) {
    weights[name] = name.startsWith("blocks.") && weight.shape.length === 2 ? transposed(weight) : weight;
  }
  weights.axis = { shape: [1], data: BigInt64Array.of(0n) };
  const nodes = [
    ["Gather", ["tokenEmbedding.weight", "tokens"], ["embedded"]],
    ["Gather", ["positionEmbedding.weight", "positions"], ["placed"]],
    ["Add", ["embedded", "placed"], ["rows"]],
    ["Unsqueeze", ["rows", "axis"], ["x0"]],
  ];
  const norm = (x, gain, y) => ["LayerNormalization", [x, gain], [y], { epsilon: EPS }];
  for (let layer = 0; layer < layers; layer++) {
    const at = (name) => `blocks.${layer}.${name}`;
    const attention = [at("normed"), at("attention.queryKeyValue.weight"), "noBias", "", `past${layer}`];
    nodes.push(
      norm(`x${layer}`, at("attentionNorm.gain"), at("normed")),
      [
        "Attention",
        attention,
        [at("attended"), `seen${layer}`],
        { num_heads: heads, unidirectional: 1 },
        FUSED,
      ],
      ["MatMul", [at("attended"), at("attention.output.weight")], [at("projected")]],
      ["Add", [`x${layer}`, at("projected")], [at("middle")]],
      norm(at("middle"), at("mlpNorm.gain"), at("normed2")),
      ["MatMul", [at("normed2"), at("mlp.expand.weight")], [at("expanded")]],
      ["FastGelu", [at("expanded")], [at("activated")], {}, FUSED],
      ["MatMul", [at("activated"), at("mlp.project.weight")], [at("contracted")]],
      ["Add", [at("middle"), at("contracted")], [`x${layer + 1}`]],
    );
  }
  nodes.push(
    norm(`x${layers}`, "norm.gain", "last"),
    ["Squeeze", ["last", "axis"], ["lastRows"]],
    ["Gemm", ["lastRows", "tokenEmbedding.weight"], ["logits"], { transB: 1 }],
  );
  const perLayer = (name) =>
    Object.fromEntries(Array.from({ length: layers }, (_, layer) => [`${name}${layer}`, "float32"]));
  return modelOf({
    nodes,
    weights,
    inputs: { tokens: "int64", positions: "int64", ...perLayer("past") },
    outputs: { logits: "float32", ...perLayer("seen") },
  });
}

/** [outputs, inputs] → [inputs, outputs], as MatMul wants its weights. */
function transposed({ shape: [rows, columns], data }) {
  const moved = new Float32Array(data.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) moved[j * rows + i] = data[i * columns + j];
  }
  return { shape: [columns, rows], data: moved };
}
