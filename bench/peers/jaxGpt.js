/** The GPT in jax-js: a whole step, forward, backward and AdamW, is one function under `jit`. */
import { EPS, likeliest } from "./gpt.js";
import { inputsOf, weightsOf } from "./inputs.js";

export function trainingOf(one, jax) {
  const { jit, numpy, tree, valueAndGrad } = jax;
  const gradientsOf = valueAndGrad(lossOf(one, jax));
  const update = adamwOf(one, jax);
  const compute = jit((weights, m, v, factors, tokens, targets) => {
    const [loss, gradients] = gradientsOf(tree.ref(weights), tokens, targets);
    return [loss, ...update(weights, m, v, gradients, factors)];
  });

  const [tokens, targets] = inputsOf(one).map(({ data }) => numpy.array(data));
  let state = [
    weightArrays(one, numpy),
    ...[1, 2].map(() => tree.map(numpy.zerosLike, weightArrays(one, numpy))),
  ];
  let step = 0;
  const run = () => {
    const { learningRate, beta1, beta2 } = one.optimizer;
    step++;
    // Both means start at 0: α/(1-β₁ᵗ) and 1/√(1-β₂ᵗ) undo that.
    const factors = [learningRate / (1 - beta1 ** step), 1 / Math.sqrt(1 - beta2 ** step)];
    const [loss, ...next] = compute(
      ...state,
      factors.map((x) => numpy.array(x)),
      tokens.ref,
      targets.ref,
    );
    state = next;
    // The loss may be there before the weights are: reading one of them waits.
    state[0]["norm.gain"].ref.dataSync();
    return loss.dataSync()[0];
  };
  return {
    run,
    results: () => [Array.from({ length: one.checked }, run)],
    dispose: () => tree.dispose([state, tokens, targets]),
  };
}

/** Weights, gradients and means are records of arrays by name. */
function adamwOf({ optimizer: { learningRate, beta1, beta2, eps, weightDecay } }, { numpy, tree }) {
  const { add, divide, multiply, sqrt, square, subtract } = numpy;
  const mean = (beta) => (old, x) => add(multiply(old, beta), multiply(x, 1 - beta));
  return (weights, m, v, gradients, [stepSize, rootScale]) => {
    const newM = tree.map(mean(beta1), m, tree.ref(gradients));
    const newV = tree.map(mean(beta2), v, tree.map(square, gradients));
    const newWeights = tree.map(
      (w, m, v) =>
        subtract(
          multiply(w, 1 - learningRate * weightDecay),
          divide(multiply(m, stepSize.ref), add(multiply(sqrt(v), rootScale.ref), eps)),
        ),
      weights,
      tree.ref(newM),
      tree.ref(newV),
    );
    return [newWeights, newM, newV];
  };
}

/** Mean cross-entropy. Tokens are looked up by a product with ones and zeros: the gradient of `take` fails under `jit`. */
function lossOf(one, jax) {
  const { nn, numpy } = jax;
  const { batch, config } = one;
  const { contextLength: time, vocabSize, width } = config;
  return (weights, tokens, targets) => {
    const embedded = numpy.matmul(nn.oneHot(tokens, vocabSize), weights["tokenEmbedding.weight"].ref);
    const positions = weights["positionEmbedding.weight"];
    let x = numpy.add(embedded.reshape([batch, time, width]), positions).reshape([batch * time, width]);
    for (let layer = 0; layer < config.layers; layer++) {
      x = blockOf(x, weights, layer, one, jax);
    }
    const logits = linear(norm(x, weights["norm.gain"], jax), weights["tokenEmbedding.weight"], jax);
    const picked = numpy.multiply(nn.logSoftmax(logits, -1), nn.oneHot(targets, vocabSize));
    return numpy.multiply(picked.sum(), -1 / (batch * time));
  };
}

/** x: [B·T, C] */
function blockOf(x, weights, layer, { batch, config }, jax) {
  const { nn, numpy } = jax;
  const { contextLength: time, heads, width } = config;
  const at = (name) => weights[`blocks.${layer}.${name}.weight`];
  const gain = (name) => weights[`blocks.${layer}.${name}.gain`];
  const packed = linear(norm(x.ref, gain("attentionNorm"), jax), at("attention.queryKeyValue"), jax);
  const byPart = numpy.transpose(packed.reshape([batch, time, 3, heads, width / heads]), [2, 0, 3, 1, 4]);
  const [q, k, v] = [0, 1, 2].map((part) => byPart.ref.slice(part));
  byPart.dispose();
  const scores = numpy.multiply(numpy.matmul(q, numpy.matrixTranspose(k)), 1 / Math.sqrt(width / heads));
  const seen = numpy.tri(time, time).astype(numpy.bool);
  const shares = nn.softmax(numpy.where(seen, scores, Number.NEGATIVE_INFINITY), -1);
  const attended = numpy.transpose(numpy.matmul(shares, v), [0, 2, 1, 3]).reshape([batch * time, width]);
  const middle = numpy.add(x, linear(attended, at("attention.output"), jax));
  const expanded = nn.gelu(linear(norm(middle.ref, gain("mlpNorm"), jax), at("mlp.expand"), jax));
  return numpy.add(middle, linear(expanded, at("mlp.project"), jax));
}

const norm = (x, gain, { nn, numpy }) => numpy.multiply(nn.standardize(x, -1, { epsilon: EPS }), gain);
const linear = (x, weight, { numpy }) => numpy.matmul(x, numpy.transpose(weight));

function weightArrays(one, numpy) {
  return Object.fromEntries(
    Object.entries(weightsOf(one)).map(([name, { data, shape }]) => [name, numpy.array(data).reshape(shape)]),
  );
}

/** One position at a time, with caches [L, H, T, D] of fixed size: `jit` compiles for shapes. */
export function decodingOf(one, jax) {
  const { jit, numpy, tree } = jax;
  const { layers, heads, width, contextLength } = one.config;
  const compute = jit(predictionOf(one, jax));
  const weights = weightArrays(one, numpy);
  const [{ data: prompt }] = inputsOf(one);
  const emptyCache = () =>
    Array.from({ length: layers }, () =>
      ["keys", "values"].map(() => numpy.zeros([heads, contextLength, width / heads])),
    );
  const run = () => {
    let cache = emptyCache();
    const text = [...prompt];
    for (let at = 0; text.length < prompt.length + one.tokens; at++) {
      const position = [text[at], at].map((x) => numpy.array(Int32Array.of(x)));
      const [logits, next] = compute(tree.ref(weights), cache, ...position);
      cache = next;
      const symbol = likeliest(logits.dataSync());
      if (at + 1 === text.length) text.push(symbol);
    }
    tree.dispose(cache);
    return text.slice(prompt.length);
  };
  return { run, results: () => [run()], dispose: () => tree.dispose(weights) };
}

/** (weights, cache, token [1], position [1]) → logits [1, V] and the cache with that position. */
function predictionOf({ config }, jax) {
  const { nn, numpy } = jax;
  const { contextLength, layers, heads, width } = config;
  return (weights, cache, token, position) => {
    const places = numpy.arange(contextLength).astype(numpy.int32);
    const isHere = numpy.equal(places.ref, position.ref).reshape([1, contextLength, 1]);
    const isSeen = numpy.lessEqual(places, position.ref).reshape([1, 1, contextLength]);
    let x = numpy.add(
      numpy.take(weights["tokenEmbedding.weight"].ref, token, 0),
      numpy.take(weights["positionEmbedding.weight"], position, 0),
    );
    const nextCache = [];
    for (let layer = 0; layer < layers; layer++) {
      const at = (name) => weights[`blocks.${layer}.${name}.weight`];
      const gain = (name) => weights[`blocks.${layer}.${name}.gain`];
      const packed = linear(norm(x.ref, gain("attentionNorm"), jax), at("attention.queryKeyValue"), jax);
      const byHead = packed.reshape([3, heads, 1, width / heads]);
      const [q, k, v] = [0, 1, 2].map((part) => byHead.ref.slice(part));
      byHead.dispose();
      const [keys, values] = [k, v].map((row, i) => numpy.where(isHere.ref, row, cache[layer][i]));
      nextCache.push([keys.ref, values.ref]);
      const scores = numpy.multiply(
        numpy.matmul(q, numpy.matrixTranspose(keys)),
        1 / Math.sqrt(width / heads),
      );
      const shares = nn.softmax(numpy.where(isSeen.ref, scores, Number.NEGATIVE_INFINITY), -1);
      const attended = numpy.matmul(shares, values).reshape([1, width]);
      const middle = numpy.add(x, linear(attended, at("attention.output"), jax));
      const expanded = nn.gelu(linear(norm(middle.ref, gain("mlpNorm"), jax), at("mlp.expand"), jax));
      x = numpy.add(middle, linear(expanded, at("mlp.project"), jax));
    }
    isHere.dispose();
    isSeen.dispose();
    const logits = linear(norm(x, weights["norm.gain"], jax), weights["tokenEmbedding.weight"], jax);
    return [logits, nextCache];
  };
}
