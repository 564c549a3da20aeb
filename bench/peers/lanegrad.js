/** lanegrad through its public ops, as `npm run build:js` made it. */
import {
  AdamW,
  attention,
  backward,
  createRuntime,
  dispose,
  Gpt,
  generate,
  loadTensors,
  matmul,
  parameters,
  Random,
  scope,
  setDefaultRuntime,
  tensor,
} from "../../dist/index.js";
import { threads } from "../../dist/threads.js";
import { inputsOf, weightsOf } from "./inputs.js";

export async function open(count) {
  if (count > 1) {
    const runtime = createRuntime({ threads: threads(count) });
    await runtime.ready;
    setDefaultRuntime(runtime);
  }
  return (one) => prepare[one.kind](one);
}

const operandsOf = (one) => inputsOf(one).map(({ data, shape }) => tensor(data, { shape }));

const prepare = {
  product: (one) => {
    const operands = operandsOf(one);
    return {
      run: () => scope(() => void matmul(...operands, one)),
      results: () => scope(() => [matmul(...operands, one).toTypedArray()]),
      dispose: () => dispose(operands),
    };
  },
  attention: (one) => {
    const operands = operandsOf(one);
    return {
      run: () => scope(() => void attention(...operands, { causal: true })),
      results: () => scope(() => [attention(...operands, { causal: true }).toTypedArray()]),
      dispose: () => dispose(operands),
    };
  },
  attentionBackward: (one) => {
    const operands = operandsOf(one);
    const [dy, leaves] = [operands[3], operands.slice(0, 3)];
    for (const leaf of leaves) leaf.requiresGrad = true;
    const compute = () => {
      for (const leaf of leaves) leaf.grad = null;
      const y = attention(...leaves, { causal: true });
      backward(y, dy);
      return y;
    };
    return {
      run: () => scope(() => void compute()),
      results: () => scope(() => [compute(), ...leaves.map(({ grad }) => grad)].map((x) => x.toTypedArray())),
      dispose: () => dispose(operands),
    };
  },
  training: (one) => {
    const model = gpt(one);
    const [inputs, targets] = operandsOf(one);
    const optimizer = new AdamW(parameters(model), one.optimizer);
    const run = () => optimizer.minimize(() => model.loss(inputs, targets)).loss;
    return {
      run,
      results: () => [Array.from({ length: one.checked }, run)],
      dispose: () => dispose([model, optimizer, inputs, targets]),
    };
  },
  decoding: (one) => {
    const model = gpt(one);
    const [{ data: prompt }] = inputsOf(one);
    const run = async () => {
      const tokens = [];
      const options = { tokens: one.tokens, temperature: 0, random: new Random(1) };
      for await (const { token } of generate(model, prompt, options)) tokens.push(token);
      return tokens;
    };
    return { run, results: async () => [await run()], dispose: () => dispose(model) };
  },
};

function gpt(one) {
  const model = new Gpt({ ...one.config, bias: false, activation: "geluTanh" }, { random: new Random(1) });
  loadTensors(model, weightsOf(one));
  return model;
}
