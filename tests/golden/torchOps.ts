import * as ops from "../../src/ops/index.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";

/** One call of PyTorch: named operands (in their order) and attributes. */
export interface Call {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly attrs: Readonly<Record<string, never>>;
}

type Ours = (call: Call) => Tensor | readonly Tensor[];

const unary =
  (f: (x: Tensor) => Tensor): Ours =>
  ({ inputs: { x } }) =>
    f(x!);
const binary =
  (f: (x: Tensor, y: Tensor) => Tensor): Ours =>
  ({ inputs: { x, y } }) =>
    f(x!, y!);
const reduction =
  (f: (x: Tensor, options: ops.VarianceOptions) => Tensor): Ours =>
  ({ inputs: { x }, attrs: { dim, keepdim, correction } }) => {
    const axis = dim === null ? {} : { axis: dim };
    return f(x!, {
      ...axis,
      keepDims: keepdim,
      ...(correction === undefined ? {} : { correction }),
    } as object);
  };

/** PyTorch's names, as `loss` options call them. */
const lossOptions = ({ attrs }: Call) => ({
  ...(attrs.reduction ? { reduction: attrs.reduction === "batchmean" ? "batchMean" : attrs.reduction } : {}),
  ...(attrs.ignore_index === undefined ? {} : { ignoreIndex: attrs.ignore_index }),
  ...(attrs.label_smoothing === undefined ? {} : { labelSmoothing: attrs.label_smoothing }),
  ...(attrs.beta === undefined ? {} : { beta: attrs.beta }),
});

/** How each operation of PyTorch is said here. */
export const torchOps: Readonly<Record<string, Ours>> = {
  add: binary(ops.add),
  sub: binary(ops.sub),
  mul: binary(ops.mul),
  div: binary(ops.div),
  maximum: binary(ops.maximum),
  minimum: binary(ops.minimum),
  neg: unary(ops.neg),
  exp: unary(ops.exp),
  tanh: unary(ops.tanh),
  sigmoid: unary(ops.sigmoid),
  relu: unary(ops.relu),
  silu: unary(ops.silu),
  sin: unary(ops.sin),
  cos: unary(ops.cos),
  abs: unary(ops.abs),
  square: unary(ops.square),
  softplus: unary(ops.softplus),
  erf: unary(ops.erf),
  gelu: ({ inputs: { x }, attrs }) => ops.gelu(x!, attrs),
  log: unary(ops.log),
  sqrt: unary(ops.sqrt),
  rsqrt: unary(ops.rsqrt),
  reciprocal: unary(ops.reciprocal),
  pow: ({ inputs: { x, y }, attrs }) => ops.pow(x!, y ?? attrs.exponent!),
  clamp: ({ inputs: { x }, attrs }) => ops.clamp(x!, attrs),
  leaky_relu: ({ inputs: { x }, attrs }) => ops.leakyRelu(x!, { negativeSlope: attrs.negative_slope! }),
  matmul: ({
    inputs: { x, y },
    attrs: { transpose_x: transposeA = false, transpose_y: transposeB = false },
  }) => ops.matmul(x!, y!, { transposeA, transposeB }),
  linear: ({ inputs: { x, w, bias } }) => ops.linear(x!, w!, bias),
  softmax: ({ inputs: { x }, attrs }) => ops.softmax(x!, { axis: attrs.dim! }),
  log_softmax: ({ inputs: { x }, attrs }) => ops.logSoftmax(x!, { axis: attrs.dim! }),
  logsumexp: reduction(ops.logSumExp),
  "masked_fill+softmax": ({ inputs: { x, mask }, attrs }) =>
    ops.softmax(ops.maskedFill(x!, mask!, Number.NEGATIVE_INFINITY), { axis: attrs.dim! }),
  layer_norm: ({ inputs: { x, w, b }, attrs }) =>
    ops.layerNorm(x!, { ...attrs, ...(w ? { gain: w } : {}), ...(b ? { bias: b } : {}) }),
  rms_norm: ({ inputs: { x, w }, attrs }) => ops.rmsNorm(x!, { ...attrs, gain: w! }),
  sum: reduction(ops.sum),
  mean: reduction(ops.mean),
  max: reduction(ops.max),
  min: reduction(ops.min),
  var: reduction(ops.variance),
  std: reduction(ops.std),
  cumsum: ({ inputs: { x }, attrs }) => ops.cumsum(x!, { axis: attrs.dim! }),
  argmax: ({ inputs: { x }, attrs }) => ops.argmax(x!, { axis: attrs.dim! }),
  topk: ({ inputs: { x }, attrs }) => {
    const { values, indices } = ops.topk(x!, attrs.k!, { axis: attrs.dim! });
    return [values, indices];
  },
  cross_entropy: (call) => {
    const { x, target, weight } = call.inputs;
    return ops.crossEntropy(x!, target!, { ...lossOptions(call), ...(weight ? { weight } : {}) } as object);
  },
  nll_loss: (call) =>
    ops.negativeLogLikelihood(call.inputs.x!, call.inputs.target!, lossOptions(call) as object),
  // PyTorch is given logarithms, and the target second.
  kl_div: (call) => {
    const { x, target } = call.inputs;
    const probabilities = call.attrs.log_target ? ops.exp(target!) : target!;
    return ops.klDivergence(probabilities, ops.exp(x!), lossOptions(call) as object);
  },
  mse_loss: (call) => ops.meanSquaredError(call.inputs.x!, call.inputs.y!, lossOptions(call) as object),
  binary_cross_entropy_with_logits: (call) =>
    ops.binaryCrossEntropy(call.inputs.x!, call.inputs.y!, lossOptions(call) as object),
  smooth_l1_loss: (call) => ops.smoothL1(call.inputs.x!, call.inputs.y!, lossOptions(call) as object),
  embedding: ({ inputs: { w, index } }) => ops.embedding(w!, index!),
  gather: ({ inputs: { x, index }, attrs }) => ops.gather(x!, index!, { axis: attrs.dim! }),
  index_select: ({ inputs: { x, index }, attrs }) => ops.indexSelect(x!, index!, { axis: attrs.dim! }),
  where: ({ inputs: { cond, x, y } }) => ops.where(cond!, x!, y!),
  masked_fill: ({ inputs: { x, mask }, attrs }) => ops.maskedFill(x!, mask!, attrs.value!),
  cat: ({ inputs, attrs }) => ops.concat(Object.values(inputs), { axis: attrs.dim! }),
  stack: ({ inputs, attrs }) => ops.stack(Object.values(inputs), { axis: attrs.dim! }),
  split: ({ inputs: { x }, attrs }) => ops.split(x!, attrs.sizes ?? attrs.size!, { axis: attrs.dim! }),
  permute: ({ inputs: { x }, attrs }) => ops.permute(x!, attrs.dims!),
  reshape: ({ inputs: { x }, attrs }) => ops.reshape(x!, attrs.shape!),
  "permute+reshape": ({ inputs: { x }, attrs }) => ops.reshape(ops.permute(x!, attrs.dims!), attrs.shape!),
  slice: ({ inputs: { x }, attrs }) => ops.slice(x!, attrs.ranges!),
  expand: ({ inputs: { x }, attrs }) => ops.broadcastTo(x!, attrs.shape!),
  repeat_interleave: ({ inputs: { x }, attrs }) =>
    ops.repeatInterleave(x!, attrs.repeats!, { axis: attrs.dim! }),
  tril: ({ inputs: { x }, attrs }) => ops.tril(x!, attrs),
  pad: ({ inputs: { x }, attrs: { before, after, value } }) =>
    ops.pad(x!, [...new Array(x!.rank - 1).fill([0, 0]), [before!, after!]], { value: value! }),
  "x*x + x": unary((x) => ops.add(ops.mul(x, x), x)),
  "h = tanh(x @ w); h*sigmoid(h) + h": ({ inputs: { x, w } }) => {
    const h = ops.tanh(ops.matmul(x!, w!));
    return ops.add(ops.mul(h, ops.sigmoid(h)), h);
  },
  "gelu(x @ w1 + b1) @ w2 + b2 + x": ({ inputs: { x, w1, b1, w2, b2 }, attrs }) => {
    const hidden = ops.gelu(ops.add(ops.matmul(x!, w1!), b1!), attrs);
    return ops.add(ops.add(ops.matmul(hidden, w2!), b2!), x!);
  },
  "x @ x^T": unary((x) => ops.matmul(x, x, { transposeB: true })),
};
