import {
  AdamW,
  add,
  backward,
  crossEntropy,
  exp,
  gelu,
  layerNorm,
  scope,
  softmax,
  type Tensor,
  tensor,
} from "lanegrad";
import type { Case, Prepared } from "../case.ts";
import { deviation, errorOf, exactly, normal, normalLeaf } from "../exact.ts";
import type { Loop } from "../peak.ts";

/** What an op is compared by: its elements per nanosecond, beside the share of a loop with the same traffic. */
function rowCase(name: string, shape: readonly number[], loop: Loop, prepare: () => Prepared): Case {
  const elements = shape.reduce((product, n) => product * n, 1);
  return {
    part: "rows",
    name,
    size: shape.join("×"),
    work: { unit: "elements/ns", amount: elements },
    yardstick: { loop, amount: 4 * elements },
    prepare,
  };
}

/** y = op(inputs) without a graph. */
function forward(
  name: string,
  loop: Loop,
  op: (...inputs: Tensor[]) => Tensor,
  shapes: readonly (readonly number[])[],
): Case {
  return rowCase(name, shapes[0]!, loop, () => {
    const inputs = shapes.map((shape, i) => normal(1 + i, ...shape));
    return {
      run: () => void scope(() => void op(...inputs)),
      error: () =>
        errorOf(
          [op(...inputs)],
          exactly((...exact) => [op(...exact)], inputs),
        ),
    };
  });
}

/** The gradients of op(inputs) alone: the graph is made once and kept. */
function backwardOf(
  name: string,
  loop: Loop,
  op: (...inputs: Tensor[]) => Tensor,
  shapes: readonly (readonly number[])[],
): Case {
  return rowCase(`${name}, backward`, shapes[0]!, loop, () => {
    const inputs = shapes.map((shape, i) => normalLeaf(1 + i, ...shape));
    const y = op(...inputs);
    const dy = normal(0, ...y.shape);
    const clear = () => {
      for (const input of inputs) input.grad = null;
    };
    return {
      run: () => {
        scope(() => backward(y, dy, { retainGraph: true }));
        clear();
      },
      error: () => {
        const gradients = exactly(
          (cotangent, ...exact) => {
            backward(op(...exact), cotangent);
            return exact.map(({ grad }) => grad!);
          },
          [dy, ...inputs],
        );
        backward(y, dy, { retainGraph: true });
        const found = inputs.map(({ grad }) => grad!.toTypedArray());
        clear();
        return Math.max(...found.map((gradient, i) => deviation(gradient, gradients[i]!)));
      },
    };
  });
}

const normOf = (x: Tensor, gain?: Tensor, bias?: Tensor) => layerNorm(x, { gain, bias });

function crossEntropyCase(rows: number, classes: number): Case {
  return rowCase("crossEntropy with backward", [rows, classes], "twoToOne", () => {
    const logits = normalLeaf(1, rows, classes);
    const targets = tensor(Int32Array.from({ length: rows }, (_, row) => (row * 7919) % classes));
    const compute = (x: Tensor, wanted: Tensor) => {
      backward(crossEntropy(x, wanted));
      return [x.grad!];
    };
    const clear = () => {
      logits.grad = null;
    };
    return {
      run: () => {
        scope(() => void compute(logits, targets));
        clear();
      },
      error: () => {
        const exact = exactly((x, wanted) => compute(x!, wanted!), [logits, targets]);
        const error = errorOf(compute(logits, targets), exact);
        clear();
        return error;
      },
    };
  });
}

function adamwCase(elements: number): Case {
  return rowCase("AdamW", [elements], "fourToThree", () => {
    const weight = normalLeaf(1, elements);
    weight.grad = normal(2, elements);
    const optimizer = new AdamW([weight]);
    const step = (w: Tensor, gradient: Tensor) => {
      w.requiresGrad = true;
      w.grad = gradient;
      new AdamW([w]).update();
      return [w];
    };
    return {
      run: () => optimizer.update(),
      error: () => {
        const inputs = [normal(3, 4096), normal(4, 4096)] as const;
        const exact = exactly((w, gradient) => step(w!, gradient!), inputs);
        return errorOf(step(...inputs), exact);
      },
    };
  });
}

/** Activations between the layers of nanoGPT's CPU configuration. */
const inCache = [768, 512] as const;
/** 16 MB an array: more than caches hold beside each other. */
const large = [8192, 512] as const;

export const rowCases: readonly Case[] = [
  forward("exp", "oneToOne", exp, [inCache]),
  forward("gelu", "oneToOne", (x) => gelu(x), [inCache]),
  backwardOf("gelu", "twoToOne", (x) => gelu(x), [inCache]),
  forward("gelu, tanh form", "oneToOne", (x) => gelu(x, { approximate: "tanh" }), [inCache]),
  backwardOf("gelu, tanh form", "twoToOne", (x) => gelu(x, { approximate: "tanh" }), [inCache]),
  forward("softmax", "oneToOne", (x) => softmax(x), [[3072, 128]]),
  forward("layerNorm", "oneToOne", normOf, [large, [512], [512]]),
  backwardOf("layerNorm", "twoToOne", normOf, [large, [512], [512]]),
  forward("layerNorm", "oneToOne", normOf, [[768, 128], [128], [128]]),
  backwardOf("layerNorm", "twoToOne", normOf, [[768, 128], [128], [128]]),
  forward("add", "twoToOne", add, [large, large]),
  crossEntropyCase(80, 50257),
  adamwCase(4_194_304),
];
