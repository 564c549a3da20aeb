/**
 * Writes protocol buffers: the few fields of onnx.proto that a model needs. Every function gives a list of pieces, which `joined` joins.
 *
 *   ModelProto: 1 ir_version, 7 graph, 8 opset_import          NodeProto: 1 input, 2 output, 4 op_type, 5 attribute, 7 domain
 *   GraphProto: 1 node, 2 name, 5 initializer, 11 input, 12 output     AttributeProto: 1 name, 2 f, 3 i, 8 ints, 20 type
 *   TensorProto: 1 dims, 2 data_type, 8 name, 9 raw_data       ValueInfoProto: 1 name, 2 type; its 1: tensor_type with 1 elem_type
 */
const FLOAT = 1;
const INT64 = 7;
const OPERATORS = 17;

/** A model of nodes [op, inputs, outputs, attributes, domain], weights by name, and inputs and outputs by name with their element types. */
export function modelOf({ nodes, weights = {}, inputs, outputs }) {
  const graph = [
    nodes.map((node) => message(1, nodeOf(...node))),
    text(2, "graph"),
    Object.entries(weights).map(([name, weight]) => message(5, tensorOf(name, weight))),
    Object.entries(inputs).map(([name, type]) => message(11, valueInfoOf(name, type))),
    Object.entries(outputs).map(([name, type]) => message(12, valueInfoOf(name, type))),
  ];
  const operators = [
    [text(1, ""), number(2, OPERATORS)],
    [text(1, "com.microsoft"), number(2, 1)],
  ];
  return joined([number(1, 8), message(7, graph), operators.map((set) => message(8, set))]);
}

function nodeOf(op, inputs, outputs, attributes = {}, domain = "") {
  return [
    inputs.map((name) => text(1, name)),
    outputs.map((name) => text(2, name)),
    text(4, op),
    Object.entries(attributes).map(([name, value]) => message(5, [text(1, name), attributeOf(value)])),
    text(7, domain),
  ];
}

/** Whole numbers and lists of them; other numbers are f32. AttributeType: 1 FLOAT, 2 INT, 7 INTS. */
function attributeOf(value) {
  if (Array.isArray(value)) return [value.map((one) => number(8, one)), number(20, 7)];
  if (Number.isInteger(value)) return [number(3, value), number(20, 2)];
  return [varint(2 * 8 + 5), new Uint8Array(Float32Array.of(value).buffer), number(20, 1)];
}

function tensorOf(name, { shape, data }) {
  const type = data instanceof Float32Array ? FLOAT : INT64;
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return [shape.map((size) => number(1, size)), number(2, type), text(8, name), message(9, raw)];
}

/** A tensor whose shape is left open. */
function valueInfoOf(name, type) {
  const element = number(1, type === "int64" ? INT64 : FLOAT);
  return [text(1, name), message(2, message(1, element))];
}

const number = (field, n) => [varint(field * 8), varint(n)];
const text = (field, content) => message(field, new TextEncoder().encode(content));
const message = (field, pieces) => {
  const content = joined(pieces);
  return [varint(field * 8 + 2), varint(content.length), content];
};

function varint(n) {
  const bytes = [];
  for (; n > 127; n = Math.floor(n / 128)) bytes.push((n % 128) + 128);
  return Uint8Array.of(...bytes, n);
}

function joined(pieces) {
  if (pieces instanceof Uint8Array) return pieces;
  const flat = pieces.flat(Number.POSITIVE_INFINITY);
  const bytes = new Uint8Array(flat.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const piece of flat) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
