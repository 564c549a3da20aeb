/**
 * ONNX models of one node, written as protocol buffers by hand: the few fields of onnx.proto that a model needs.
 *
 *   ModelProto: 1 ir_version, 7 graph, 8 opset_import      NodeProto: 1 input, 2 output, 4 op_type, 5 attribute, 7 domain
 *   GraphProto: 1 node, 2 name, 11 input, 12 output         AttributeProto: 1 name, 3 i, 20 type (2: INT)
 */
export function productModel({ transposeA, transposeB }) {
  const attributes = { transA: Number(transposeA), transB: Number(transposeB) };
  return model({ op: "Gemm", domain: "", inputs: 2, attributes });
}

/** The fused attention of ONNX Runtime's own operators. */
export function attentionModel({ heads }) {
  const attributes = { num_heads: heads, unidirectional: 1 };
  return model({ op: "MultiHeadAttention", domain: "com.microsoft", inputs: 3, attributes });
}

function model({ op, domain, inputs, attributes }) {
  const names = Array.from({ length: inputs }, (_, i) => `x${i}`);
  const node = [
    ...names.map((name) => text(1, name)),
    text(2, "y"),
    text(4, op),
    ...Object.entries(attributes).map(([name, value]) =>
      part(5, [text(1, name), number(3, value), number(20, 2)]),
    ),
    text(7, domain),
  ];
  const graph = [
    part(1, node),
    text(2, "graph"),
    ...names.map((name) => part(11, value(name))),
    part(12, value("y")),
  ];
  const opsets = [part(8, [text(1, ""), number(2, 17)]), part(8, [text(1, "com.microsoft"), number(2, 1)])];
  return Uint8Array.from([number(1, 8), part(7, graph), ...opsets].flat());
}

/** ValueInfoProto: 1 name, 2 type; the type a tensor (1) of elements (1) of f32 (1), its shape left open. */
const value = (name) => [text(1, name), part(2, [part(1, [number(1, 1)])])];

function varint(n) {
  return n < 128 ? [n] : [(n % 128) + 128, ...varint(Math.floor(n / 128))];
}

const number = (field, n) => [...varint(field * 8), ...varint(n)];
const bytes = (field, content) => [...varint(field * 8 + 2), ...varint(content.length), ...content];
const text = (field, content) => bytes(field, [...new TextEncoder().encode(content)]);
const part = (field, parts) => bytes(field, parts.flat());
