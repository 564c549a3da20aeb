/** The GPT in TensorFlow.js, of its ops: it has neither AdamW nor layerNorm nor the tanh form of gelu. */
import { EPS } from "./gpt.js";
import { inputsOf, weightsOf } from "./inputs.js";
import { causalAttention } from "./tensorflow.js";

export function trainingOf(one, tf) {
  const variables = Object.entries(weightsOf(one)).map(([name, { data, shape }]) => [
    name,
    tf.variable(tf.tensor(data, shape), true, name),
  ]);
  const weights = Object.fromEntries(variables);
  const lossOf = lossFunction(one, weights, tf);
  const update = adamwOf(one, weights, tf);
  const [tokens, targets] = inputsOf(one).map(({ data }) => tf.tensor1d(data, "int32"));
  const run = () =>
    tf.tidy(() => {
      const { value, grads } = tf.variableGrads(() => lossOf(tokens, targets), Object.values(weights));
      update(grads);
      return value.dataSync()[0];
    });
  return {
    run,
    results: () => [Array.from({ length: one.checked }, run)],
    dispose: () => tf.dispose([weights, tokens, targets]),
  };
}

function adamwOf({ optimizer }, weights, tf) {
  const { learningRate, beta1, beta2, eps, weightDecay } = optimizer;
  const states = Object.entries(weights).map(([name, weight]) => {
    const [m, v] = [1, 2].map(() => tf.variable(tf.zerosLike(weight), false));
    return { name, weight, m, v };
  });
  let step = 0;
  return (gradients) => {
    step++;
    const stepSize = learningRate / (1 - beta1 ** step);
    const rootScale = 1 / Math.sqrt(1 - beta2 ** step);
    for (const { name, weight, m, v } of states) {
      const gradient = gradients[name];
      m.assign(tf.add(tf.mul(m, beta1), tf.mul(gradient, 1 - beta1)));
      v.assign(tf.add(tf.mul(v, beta2), tf.mul(tf.square(gradient), 1 - beta2)));
      const change = tf.div(tf.mul(m, stepSize), tf.add(tf.mul(tf.sqrt(v), rootScale), eps));
      weight.assign(tf.sub(tf.mul(weight, 1 - learningRate * weightDecay), change));
    }
  };
}

/** Mean cross-entropy. Tokens are looked up by a product with ones and zeros: the backend cannot differentiate `gather`. */
function lossFunction({ batch, config }, weights, tf) {
  const { contextLength: time, vocabSize, layers, heads, width } = config;
  const attend = causalAttention({ time, width: width / heads }, tf);
  const linear = (x, name) => tf.matMul(x, weights[name], false, true);
  const norm = (x, name) => {
    const { mean, variance } = tf.moments(x, -1, true);
    return tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, EPS))), weights[name]);
  };
  const block = (x, at) => {
    const packed = linear(norm(x, `${at}.attentionNorm.gain`), `${at}.attention.queryKeyValue.weight`);
    const byPart = tf.transpose(tf.reshape(packed, [batch, time, 3, heads, width / heads]), [2, 0, 3, 1, 4]);
    const attended = tf.transpose(attend(...tf.unstack(byPart)), [0, 2, 1, 3]);
    const joined = tf.reshape(attended, [batch * time, width]);
    const middle = tf.add(x, linear(joined, `${at}.attention.output.weight`));
    const expanded = gelu(linear(norm(middle, `${at}.mlpNorm.gain`), `${at}.mlp.expand.weight`), tf);
    return tf.add(middle, linear(expanded, `${at}.mlp.project.weight`));
  };
  return (tokens, targets) => {
    const oneHot = (symbols) => tf.cast(tf.oneHot(symbols, vocabSize), "float32");
    const embedded = tf.matMul(oneHot(tokens), weights["tokenEmbedding.weight"]);
    const placed = tf.add(tf.reshape(embedded, [batch, time, width]), weights["positionEmbedding.weight"]);
    let x = tf.reshape(placed, [batch * time, width]);
    for (let layer = 0; layer < layers; layer++) x = block(x, `blocks.${layer}`);
    const logits = linear(norm(x, "norm.gain"), "tokenEmbedding.weight");
    return tf.losses.softmaxCrossEntropy(oneHot(targets), logits);
  };
}

/** x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))/2 (Hendrycks & Gimpel 2016, section 2). */
function gelu(x, tf) {
  const cubic = tf.add(x, tf.mul(tf.mul(tf.square(x), x), 0.044715));
  const share = tf.add(tf.tanh(tf.mul(cubic, Math.sqrt(2 / Math.PI))), 1);
  return tf.mul(tf.mul(x, share), 0.5);
}
