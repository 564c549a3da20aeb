import { describe, expect, test } from "vitest";
import { add, detach, mul, pow, square, sub, sum } from "../../src/ops/index.ts";
import { Adagrad, Adam, AdamW, clipGradNorm, type Optimizer, RmsProp, Sgd } from "../../src/optim/index.ts";
import { withRuntime } from "../../src/runtime/default.ts";
import { backward } from "../../src/tensor/backward.ts";
import { parameter, tensor } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { type GoldenTensor, goldenJson } from "../support/golden.ts";
import { exactRuntime, fastRuntime } from "../support/runtimes.ts";

interface Step {
  readonly loss: number;
  readonly grads: Record<string, number[]>;
  readonly params: Record<string, number[]>;
}

interface OptimizerCase {
  readonly name: string;
  readonly optimizer: string;
  readonly options: Record<string, unknown>;
  readonly steps: readonly Step[];
}

const golden = goldenJson<{
  problem: {
    params: Record<"w" | "b", GoldenTensor>;
    coefficients: Record<"w" | "b", Record<"a" | "t" | "c", GoldenTensor>>;
  };
  optimizers: OptimizerCase[];
  clip_grad_norm: {
    cases: { max_norm: number; norm: number; grads: GoldenTensor[]; clipped: GoldenTensor[] }[];
  };
}>("optim.json");

const classes = { SGD: Sgd, Adam, AdamW, RMSprop: RmsProp, Adagrad } as const;

/** Our words for PyTorch's options. */
const words: Record<string, (value: never) => object> = {
  lr: (learningRate) => ({ learningRate }),
  betas: ([beta1, beta2]: readonly number[]) => ({ beta1, beta2 }),
  weight_decay: (weightDecay) => ({ weightDecay }),
  alpha: (decay) => ({ decay }),
  lr_decay: (learningRateDecay) => ({ learningRateDecay }),
  initial_accumulator_value: (initialAccumulator) => ({ initialAccumulator }),
};

/** What we do not build, with the reason. */
const leftOut: Record<string, string> = {
  Adadelta: "Adam and its kin have replaced it",
  Adamax: "Adam and its kin have replaced it",
  NAdam: "Adam and its kin have replaced it",
};

function make(
  { optimizer, options }: OptimizerCase,
  parameters: readonly Tensor[],
): Optimizer<{ learningRate: number }> {
  const translated = Object.entries(options).map(
    ([key, value]) => words[key]?.(value as never) ?? { [key]: value },
  );
  const Class = classes[optimizer as keyof typeof classes] as unknown as new (
    parameters: readonly Tensor[],
    options: object,
  ) => Optimizer<{ learningRate: number }>;
  return new Class(parameters, Object.assign({}, ...translated));
}

const names = ["w", "b"] as const;

/** Σ a·(p-t)²/2 + c·p⁴/4 over both parameters, the function that the golden runs minimise. */
function lossOf(parameters: readonly Tensor[]): Tensor {
  const parts = names.map((name, i) => {
    const { a, t, c } = golden.problem.coefficients[name];
    const [A, T, C] = [a, t, c].map(({ data, shape }) => tensor(Float32Array.from(data), { shape })) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const p = parameters[i]!;
    return sum(add(mul(mul(A, square(sub(p, T))), 0.5), mul(mul(C, pow(p, 4)), 0.25)));
  });
  return add(parts[0]!, parts[1]!);
}

const initial = () =>
  names.map((name) => {
    const { data, shape } = golden.problem.params[name];
    return parameter(tensor(Float32Array.from(data), { shape }));
  });

for (const [where, makeRuntime, tolerance] of [
  ["the f64 reference", exactRuntime, 1e-9],
  ["wasm", fastRuntime, 2e-4],
] as const) {
  describe(`optimizers as in PyTorch, on ${where}`, () => {
    const runtime = makeRuntime();
    for (const golds of golden.optimizers) {
      if (golds.optimizer in leftOut) continue;
      test(golds.name, () =>
        withRuntime(runtime, () => {
          const parameters = initial();
          const optimizer = make(golds, parameters);
          golds.steps.forEach(({ loss: wanted, params }, step) => {
            const { loss } = optimizer.minimize(() => lossOf(parameters));
            expect(Math.abs(loss - wanted), `loss of step ${step}`).toBeLessThan(
              tolerance * (1 + Math.abs(wanted)),
            );
            names.forEach((name, i) => {
              parameters[i]!.toTypedArray().forEach((value, j) => {
                expect(Math.abs(value - params[name]![j]!), `${name}[${j}] after step ${step}`).toBeLessThan(
                  tolerance,
                );
              });
            });
          });
          optimizer.dispose();
        }),
      );
    }
  });
}

test("lists the cases of PyTorch that are left out", () => {
  const missing = golden.optimizers.filter(({ optimizer }) => optimizer in leftOut);
  for (const { name, optimizer } of missing) console.log(`left out: ${name} (${leftOut[optimizer]})`);
  const built = golden.optimizers.filter(({ optimizer }) => optimizer in classes);
  expect(built.length + missing.length).toBe(golden.optimizers.length);
});

/** Kingma & Ba's first step: m̂ = g and v̂ = g², so every weight moves by α against the sign of its gradient. */
test("Adam's first step has length α, whatever the gradient", () =>
  withRuntime(exactRuntime(), () => {
    const p = parameter(tensor([1, -2, 3]));
    new Adam([p], { learningRate: 0.1, eps: 0 }).minimize(() => sum(mul(tensor([1e-3, -5, 700]), p)));
    const wanted = [0.9, -1.9, 2.9];
    p.toTypedArray().forEach((value, i) => {
      expect(value).toBeCloseTo(wanted[i]!, 12);
    });
  }));

/** The second step by hand, with g = 1 and then g = 3, α = 0.1, β₁ = 0.9, β₂ = 0.999. */
test("Adam's second step as the paper's algorithm gives it", () =>
  withRuntime(exactRuntime(), () => {
    const p = parameter(tensor([0]));
    const adam = new Adam([p], { learningRate: 0.1, eps: 1e-8 });
    adam.minimize(() => sum(p));
    adam.minimize(() => sum(mul(p, 3)));
    const m = 0.9 * 0.1 + 0.1 * 3;
    const v = 0.999 * 0.001 + 0.001 * 9;
    const step = (0.1 * (m / (1 - 0.81))) / (Math.sqrt(v / (1 - 0.999 ** 2)) + 1e-8);
    expect(p.item()).toBeCloseTo(-0.1 / (1 + 1e-8) - step, 12);
  }));

test("the fused AdamW equals its definition in tensor operations", () =>
  withRuntime(exactRuntime(), () => {
    const start = [0.5, -1.25, 2];
    const [fused, plain] = [parameter(tensor(start)), parameter(tensor(start))];
    const options = { learningRate: 0.03, beta1: 0.8, beta2: 0.95, eps: 1e-6 };
    const adamw = new AdamW([fused], { ...options, weightDecay: 0.1 });
    const adam = new Adam([plain], options);
    for (let step = 0; step < 5; step++) {
      adamw.minimize(() => sum(pow(fused, 4)));
      // Decoupled decay: the gradient is of the weight before the decay, the step is taken after it.
      const gradient = detach(mul(pow(plain, 3), 4));
      const decayed = plain.toTypedArray().map((value) => value * (1 - 0.03 * 0.1));
      plain.grad = gradient;
      plain.runtime.floats(plain.ptr, plain.size).set(decayed);
      adam.update();
    }
    fused.toTypedArray().forEach((value, i) => {
      expect(value).toBeCloseTo(plain.toTypedArray()[i]!, 12);
    });
  }));

test.each(golden.clip_grad_norm.cases.map((one) => [one.max_norm, one] as const))(
  "clipGradNorm to %d as in PyTorch",
  (maxNorm, { grads, norm, clipped }) =>
    withRuntime(exactRuntime(), () => {
      const given = grads.map(({ data, shape }) => tensor(Float32Array.from(data), { shape }));
      const parameters = given.map((gradient) => {
        const p = parameter(tensor(new Float32Array(gradient.size), { shape: gradient.shape }));
        p.grad = gradient;
        return p;
      });
      expect(clipGradNorm(parameters, maxNorm)).toBeCloseTo(norm, 9);
      const scaled = parameters.flatMap(({ grad }) => [...grad!.toTypedArray()]);
      clipped
        .flatMap(({ data }) => data)
        .forEach((wanted, i) => {
          expect(scaled[i]).toBeCloseTo(wanted, 9);
        });
    }),
);

test("clipGradNorm scales all gradients to one global norm", () =>
  withRuntime(fastRuntime(), () => {
    const [a, b] = [parameter(tensor([1, 2])), parameter(tensor([3]))];
    backward(add(sum(mul(a, tensor([3, 0]))), sum(mul(b, 4))));
    expect(clipGradNorm([a, b], 1)).toBeCloseTo(5, 6);
    expect(a.grad!.toArray()).toEqual([expect.closeTo(0.6, 5), 0]);
    expect(b.grad!.toArray()).toEqual([expect.closeTo(0.8, 5)]);
    expect(clipGradNorm([a, b], 10)).toBeCloseTo(1, 5);
  }));

test("state and load go on with the same bits", () =>
  withRuntime(fastRuntime(), () => {
    const [straight, first, second] = [0, 0, 0].map(() => parameter(tensor([1, 2, 3]))) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const loss = (p: Tensor) => () => sum(square(square(p)));
    const whole = new AdamW([straight]);
    for (let i = 0; i < 6; i++) whole.minimize(loss(straight));
    const before = new AdamW([first]);
    for (let i = 0; i < 3; i++) before.minimize(loss(first));
    const { step, tensors } = before.state();
    const values = Object.entries(tensors).map(([name, t]) => [name, { data: t.toTypedArray() }] as const);
    second.runtime.floats(second.ptr, 3).set(first.toTypedArray());
    const after = new AdamW([second]);
    after.load({ step, tensors: Object.fromEntries(values) });
    for (let i = 0; i < 3; i++) after.minimize(loss(second));
    expect(second.toArray()).toEqual(straight.toArray());
    expect(() => after.load({ step: 0, tensors: {} })).toThrow(/m\.0: wanted 3 numbers/);
  }));
