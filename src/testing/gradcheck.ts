import { ArgumentError } from "../errors.ts";
import { Random } from "../random.ts";
import { createRuntime, withRuntime } from "../runtime/default.ts";
import { referenceBackend } from "../runtime/referenceBackend.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { formatShape } from "../shape.ts";
import { gradientsOf } from "../tensor/backward.ts";
import { elementsOf, randomNormal } from "../tensor/create.ts";
import { Tensor } from "../tensor/tensor.ts";
import { derivativeAtZero, type Estimate } from "./derivative.ts";
import { indexAt } from "./indexAt.ts";

/** A function and where to differentiate it. */
export interface GradcheckProblem {
  readonly f: (...inputs: Tensor[]) => Tensor | readonly Tensor[];
  /**
   * Float tensors are differentiated, i32 tensors only passed. Tensors that `f` closes over (a model's
   * parameters) may stand here too.
   */
  readonly inputs: readonly Tensor[];
}

export interface GradcheckOptions {
  /**
   * 2 also differentiates <random cotangent, gradient>, with respect to the inputs and the outputs'
   * cotangents. Default 1.
   */
  readonly order?: 1 | 2;
  /** Largest allowed |numeric - analytic| / max(|numeric|, |analytic|). Default 1e-6. */
  readonly relative?: number;
  /** Allowed beside `relative`. Default 1e-7. */
  readonly absolute?: number;
  /** Elements checked one by one in each input, drawn if it has more. Default 8. */
  readonly elements?: number;
  /** Random directions through all inputs at once. Default 2. */
  readonly directions?: number;
  /** Draws cotangents, directions and elements. Default seed 0. */
  readonly random?: Random;
}

/**
 * Compares the gradient that autograd gives with finite differences, in double precision: `problem` is
 * called with the slow f64 runtime as the default one, so it must make its tensors itself.
 *
 * ```ts
 * gradcheck(() => ({ f: (x) => mul(x, exp(x)), inputs: [tensor([0.5, -1])] }), { order: 2 });
 * ```
 *
 * @throws Error naming the worst element: its input and index, the numeric and the analytic derivative, and
 * about how far the numeric one can be trusted. Keep inputs away from kinks and ties.
 */
export function gradcheck(problem: () => GradcheckProblem, options: GradcheckOptions = {}): void {
  const runtime = createRuntime({ backend: referenceBackend() });
  try {
    withRuntime(runtime, () => {
      const { f, inputs } = problem();
      const random = options.random ?? new Random(0);
      const outputs = () => outputsOf(differentiably(runtime, () => f(...inputs)));
      const first = new Check(outputs, floatsOf(inputs), random.fork(1), options);
      first.run("gradient");
      if (options.order === 2) secondOf(first, random.fork(2), options).run("second-order gradient");
    });
  } finally {
    runtime.dispose();
  }
}

/** Runs f as transforms do: what a `grad` within f gives is differentiated too. */
function differentiably<T>(runtime: Runtime, f: () => T): T {
  runtime.transformDepth++;
  try {
    return f();
  } finally {
    runtime.transformDepth--;
  }
}

/** The check of the gradient as a function of inputs and cotangents. */
function secondOf(first: Check, random: Random, options: GradcheckOptions): Check {
  const gradient = () => {
    const found = gradientsOf(first.outputs(), first.cotangents, first.inputs, { createGraph: true });
    return found.filter((tensor) => tensor !== null);
  };
  return new Check(gradient, [...first.inputs, ...first.cotangents], random, options);
}

function outputsOf(result: Tensor | readonly Tensor[]): readonly Tensor[] {
  const outputs = (Array.isArray(result) ? result : [result]) as readonly Tensor[];
  if (!outputs.every((output) => output instanceof Tensor)) {
    throw new ArgumentError("gradcheck", "f to return a tensor or several", result);
  }
  return outputs.filter(({ dtype }) => dtype !== "i32");
}

/** The distinct float tensors, made leaves. */
function floatsOf(tensors: readonly Tensor[]): Tensor[] {
  const floats = [...new Set(tensors)].filter(({ dtype }) => dtype !== "i32");
  for (const tensor of floats) {
    if (tensor.runtime.floatType !== "f64") {
      throw new ArgumentError("gradcheck", "inputs made inside the callback", "a tensor of another runtime");
    }
    tensor.requiresGrad = true;
  }
  return floats;
}

interface Difference extends Estimate {
  readonly where: string;
  readonly analytic: number;
  /** How often the allowed difference it is. */
  readonly excess: number;
}

/** S(inputs) = Σ outputs·cotangents with random cotangents, and its derivatives both ways. */
class Check {
  readonly outputs: () => readonly Tensor[];
  readonly inputs: readonly Tensor[];
  readonly cotangents: readonly Tensor[];
  readonly #random: Random;
  readonly #options: GradcheckOptions;

  constructor(
    outputs: () => readonly Tensor[],
    inputs: readonly Tensor[],
    random: Random,
    options: GradcheckOptions,
  ) {
    this.outputs = outputs;
    this.inputs = inputs;
    this.#random = random;
    this.#options = options;
    this.cotangents = this.#drawCotangents();
  }

  run(what: string): void {
    if (this.inputs.length === 0 || this.cotangents.length === 0) return;
    const gradients = this.#analytic();
    const { directions = 2, elements = 8 } = this.#options;
    const along = Array.from({ length: directions }, (_, i) => this.#alongDirection(gradients, i));
    const failing = along.some(({ excess }) => excess > 1);
    const single = this.inputs.flatMap((_, k) =>
      this.#atElements(gradients, k, failing ? Infinity : elements),
    );
    // A single element says more than a direction.
    const worst = worstOf(single) ?? worstOf(along);
    if (worst === null) return;
    throw new Error(
      `gradcheck: the ${what} ${worst.where} is ${worst.analytic}, but finite differences give ${worst.value} ` +
        `± ${worst.error.toExponential(1)}`,
    );
  }

  #drawCotangents(): Tensor[] {
    const shapes = this.inputs[0]?.runtime.scope(() => this.outputs().map(({ shape }) => shape)) ?? [];
    return shapes.map((shape, j) => {
      const random = this.#random.fork("cotangent").fork(j);
      return randomNormal(shape, { random, requiresGrad: true });
    });
  }

  #analytic(): Float64Array[] {
    return this.inputs[0]!.runtime.scope(() =>
      gradientsOf(this.outputs(), this.cotangents, this.inputs).map((gradient, k) => {
        const size = this.inputs[k]!.size;
        return gradient === null ? new Float64Array(size) : Float64Array.from(gradient.toTypedArray());
      }),
    );
  }

  #value(): number {
    return this.inputs[0]!.runtime.scope(() => {
      let sum = 0;
      this.outputs().forEach((output, j) => {
        const cotangent = this.cotangents[j]!.toTypedArray();
        output.toTypedArray().forEach((y, i) => {
          sum += y * cotangent[i]!;
        });
      });
      return sum;
    });
  }

  /** d/dt S(inputs + t·direction). */
  #numeric(directions: readonly (Float64Array | null)[]): Estimate {
    const before = this.inputs.map((input) => input.toTypedArray());
    const moveTo = (t: number) => {
      this.inputs.forEach((input, k) => {
        const direction = directions[k];
        if (direction) elementsOf(input).set(before[k]!.map((x, i) => x + t * direction[i]!));
      });
    };
    try {
      return derivativeAtZero((t) => {
        moveTo(t);
        return this.#value();
      });
    } finally {
      moveTo(0);
    }
  }

  #alongDirection(gradients: readonly Float64Array[], index: number): Difference {
    const draw = this.#random.fork("direction").fork(index);
    const directions = this.inputs.map(({ size }, k) => {
      const random = draw.fork(k);
      return Float64Array.from({ length: size }, (_, i) => 2 * random.uniform(i) - 1);
    });
    let squares = Number.MIN_VALUE;
    for (const direction of directions) for (const value of direction) squares += value * value;
    const length = Math.sqrt(squares);
    let analytic = 0;
    directions.forEach((direction, k) => {
      direction.forEach((v, i) => {
        direction[i] = v / length;
        analytic += (v / length) * gradients[k]![i]!;
      });
    });
    return this.#difference("along a random direction", this.#numeric(directions), analytic);
  }

  #atElements(gradients: readonly Float64Array[], k: number, most: number): Difference[] {
    const { size } = this.inputs[k]!;
    const random = this.#random.fork("element").fork(k);
    const drawn = Array.from({ length: Math.min(size, most) }, (_, i) =>
      size <= most ? i : random.integer(i, 0, size),
    );
    return [...new Set(drawn)].map((i) => {
      const directions = this.inputs.map((_, other) => (other === k ? unit(size, i) : null));
      const where = this.#where(k, i);
      return this.#difference(where, this.#numeric(directions), gradients[k]![i]!);
    });
  }

  #where(k: number, element: number): string {
    const { shape } = this.inputs[k]!;
    return `of input ${k} at element ${formatShape(indexAt(element, shape))} of shape ${formatShape(shape)}`;
  }

  #difference(where: string, numeric: Estimate, analytic: number): Difference {
    const { relative = 1e-6, absolute = 1e-7 } = this.#options;
    const allowed = absolute + relative * Math.max(Math.abs(numeric.value), Math.abs(analytic));
    const off = Math.abs(numeric.value - analytic);
    return { where, ...numeric, analytic, excess: Number.isNaN(off) ? Infinity : off / allowed };
  }
}

const unit = (size: number, i: number) => Float64Array.from({ length: size }, (_, j) => (i === j ? 1 : 0));

/** The largest difference beyond what is allowed; null where there is none. */
function worstOf(differences: readonly Difference[]): Difference | null {
  let worst: Difference | null = null;
  for (const difference of differences) if (difference.excess > (worst?.excess ?? 1)) worst = difference;
  return worst;
}
