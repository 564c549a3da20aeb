import { ArgumentError, NonFiniteError } from "../errors.ts";
import { backward } from "../tensor/backward.ts";
import { elementsOf, full, parameter, zerosLike } from "../tensor/create.ts";
import { noteWrite, operands } from "../tensor/record.ts";
import { Tensor } from "../tensor/tensor.ts";
import { clipGradNorm, gradientNorm } from "./clipGradNorm.ts";

/** Parameters that share settings; what a group does not say, the optimizer's options say. */
export type ParameterGroup<Options> = Partial<Options> & { readonly parameters: readonly Tensor[] };

/** What an optimizer remembers, for checkpoints. Tensors are named by slot and by the parameter's place: "m.0". */
export interface OptimizerState {
  /** Updates done. */
  readonly step: number;
  readonly tensors: Readonly<Record<string, Tensor>>;
}

/** The values of an `OptimizerState`, as a checkpoint gives them back. */
export interface OptimizerValues {
  readonly step: number;
  readonly tensors: Readonly<Record<string, { readonly data: ArrayLike<number> }>>;
}

export interface MinimizeOptions {
  /** Calls of the body whose mean loss is minimised. Default 1. */
  readonly microBatches?: number;
  /** Scale gradients down to this global norm where theirs is larger. Default: leave them. */
  readonly clipNorm?: number;
}

interface Member<Options> {
  readonly tensor: Tensor;
  /** One object for all members of a group. */
  readonly options: Options;
  /** State tensors by slot name; they belong to the runtime. */
  readonly slots: Readonly<Record<string, Tensor>>;
}

/**
 * Parameters and how to move them along their gradients. A subclass names its state tensors and writes one update.
 *
 * ```ts
 * const optimizer = new AdamW(parameters(model), { learningRate: 1e-3 });
 * const { loss } = optimizer.minimize(() => model.loss(tokens, targets), { clipNorm: 1 });
 * ```
 */
export abstract class Optimizer<Options extends { readonly learningRate: number }> {
  /** Set it before a step; a schedule's `at(step)` gives the values. Groups keep their ratio to it. */
  learningRate: number;
  readonly #initialLearningRate: number;
  readonly #members: readonly Member<Options>[];
  #step = 0;

  /** `slots`: names of the state tensors that a parameter with these options has, all zeros at first. */
  constructor(
    parameters: readonly Tensor[] | readonly ParameterGroup<Options>[],
    options: Options,
    slots: (options: Options) => readonly string[],
  ) {
    const groups = groupsOf<Options>(parameters);
    this.learningRate = options.learningRate;
    this.#initialLearningRate = options.learningRate;
    ensureRoom(groups, (own) => slots({ ...options, ...own }).length, new.target.name);
    this.#members = groups.flatMap(({ parameters: tensors, ...own }) => {
      const merged: Options = { ...options, ...own };
      return tensors.map((tensor) => ({ tensor, options: merged, slots: slotsFor(tensor, slots(merged)) }));
    });
    if (this.#members.length === 0)
      throw new ArgumentError("optimizer", "at least one parameter", parameters);
  }

  /** Updates done so far. */
  get step(): number {
    return this.#step;
  }

  get parameters(): Tensor[] {
    return this.#members.map(({ tensor }) => tensor);
  }

  /** One update of every parameter that has a gradient. The gradients stay. */
  update(): void {
    this.#step++;
    this.#members[0]!.tensor.runtime.withRecording(false, () => {
      let group: Options | null = null;
      let options = this.#members[0]!.options;
      for (const member of this.#members) {
        if (member.options !== group) options = this.#withLearningRate(member.options);
        group = member.options;
        this.#updateMember(member, options);
      }
    });
  }

  #updateMember({ tensor, slots }: Member<Options>, options: Options): void {
    const gradient = tensor.grad;
    if (gradient === null) return;
    noteWrite(this.constructor.name, tensor);
    for (const slot in slots) noteWrite(this.constructor.name, slots[slot]!);
    tensor.runtime.scope(() => this.updateOne(tensor, gradient, slots, options));
  }

  /** A group's options at the learning rate of now, which keeps its ratio to the first one. */
  #withLearningRate(options: Options): Options {
    const scale = options.learningRate / this.#initialLearningRate;
    const learningRate = Number.isFinite(scale) ? scale * this.learningRate : this.learningRate;
    return { ...options, learningRate };
  }

  /** Frees the gradients. */
  zeroGrad(): void {
    for (const { tensor } of this.#members) tensor.grad = null;
  }

  /**
   * Runs `body(i)` for each micro-batch in a scope of its own, sums the gradients of the mean loss, clips, updates, and frees them: the loop
   * that cannot leak. Returns the mean loss and the norm of the gradient before clipping.
   *
   * @throws NonFiniteError when the loss or the gradient is not finite; no parameter was changed then.
   */
  minimize(
    body: (microBatch: number) => Tensor,
    options: MinimizeOptions = {},
  ): { loss: number; gradientNorm: number } {
    const { microBatches = 1, clipNorm } = options;
    if (!Number.isInteger(microBatches) || microBatches < 1) {
      throw new ArgumentError("minimize", "microBatches from 1 on", microBatches);
    }
    try {
      let loss = 0;
      for (let i = 0; i < microBatches; i++) loss += this.#accumulate(body, i, microBatches);
      const { parameters } = this;
      const norm = clipNorm === undefined ? gradientNorm(parameters) : clipGradNorm(parameters, clipNorm);
      if (!Number.isFinite(norm)) {
        throw new NonFiniteError(
          `step ${this.#step + 1}`,
          `the norm of the gradient is ${norm}; nothing was updated`,
        );
      }
      this.update();
      return { loss, gradientNorm: norm };
    } finally {
      this.zeroGrad();
    }
  }

  /** For checkpoints. The tensors stay the optimizer's. */
  state(): OptimizerState {
    const entries = this.#members.flatMap(({ slots }, i) =>
      Object.entries(slots).map(([slot, tensor]) => [`${slot}.${i}`, tensor] as const),
    );
    return { step: this.#step, tensors: Object.fromEntries(entries) };
  }

  /** Goes on from a state. @throws ArgumentError when a tensor lacks or has another size; nothing was written then */
  load({ step, tensors }: OptimizerValues): void {
    const own = this.state().tensors;
    for (const [name, tensor] of Object.entries(own)) {
      const size = Object.hasOwn(tensors, name) ? tensors[name]!.data.length : undefined;
      if (size !== tensor.size)
        throw new ArgumentError(`optimizer.load: ${name}`, `${tensor.size} numbers`, size);
    }
    for (const [name, tensor] of Object.entries(own)) {
      noteWrite("load", tensor);
      elementsOf(tensor).set(tensors[name]!.data);
    }
    this.#step = step;
  }

  /** Frees the state tensors; the parameters stay. */
  dispose(): void {
    for (const { slots } of this.#members) for (const slot of Object.values(slots)) slot.dispose();
  }

  /**
   * Writes the update of one parameter in place. Recording is off, and a scope frees what it makes. In one step the parameters of a group
   * get the same `options` object.
   */
  protected abstract updateOne(
    parameter: Tensor,
    gradient: Tensor,
    slots: Readonly<Record<string, Tensor>>,
    options: Options,
  ): void;

  #accumulate(body: (microBatch: number) => Tensor, index: number, microBatches: number): number {
    const { runtime } = this.#members[0]!.tensor;
    return runtime.scope(() => {
      const loss = body(index);
      operands("minimize", loss);
      const value = loss.item() / microBatches;
      if (!Number.isFinite(value)) {
        throw new NonFiniteError(`step ${this.#step + 1}`, `the loss is ${loss.item()}; nothing was updated`);
      }
      backward(loss, full(loss.shape, 1 / microBatches, { runtime }));
      return value;
    });
  }
}

function groupsOf<Options>(
  parameters: readonly Tensor[] | readonly ParameterGroup<Options>[],
): readonly ParameterGroup<Options>[] {
  const isTensor = (value: unknown): value is Tensor => value instanceof Tensor;
  const tensors = parameters.filter(isTensor);
  if (tensors.length === 0) return parameters as readonly ParameterGroup<Options>[];
  if (tensors.length < parameters.length)
    throw new ArgumentError("optimizer", "tensors or groups, not both", parameters);
  return [{ parameters: tensors } as unknown as ParameterGroup<Options>];
}

/** Refuses what cannot fit, gradients and state together, before anything is allocated. */
function ensureRoom<Options>(
  groups: readonly ParameterGroup<Options>[],
  slotCount: (own: Partial<Options>) => number,
  name: string,
): void {
  let bytes = 0;
  let first: Tensor | undefined;
  for (const { parameters, ...own } of groups) {
    const copies = 1 + slotCount(own as unknown as Partial<Options>);
    for (const tensor of parameters) {
      first ??= tensor;
      bytes += copies * tensor.byteLength;
    }
  }
  first?.runtime.ensureRoom(bytes, `training with ${name} (gradients and optimizer state)`);
}

function slotsFor(tensor: Tensor, names: readonly string[]): Readonly<Record<string, Tensor>> {
  operands("optimizer", tensor);
  if (!tensor.requiresGrad)
    throw new ArgumentError("optimizer", "parameters that require a gradient", "one that does not");
  return Object.fromEntries(
    names.map((name) => [name, parameter(zerosLike(tensor), { requiresGrad: false })]),
  );
}
