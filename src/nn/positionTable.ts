import { cos, exp, log, sin } from "../math.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { type Shape, sizeOf } from "../shape.ts";
import { tensor } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Whether all rows begin at one position: then one table serves them all. */
export const startAlike = (starts: readonly number[]): boolean =>
  starts.every((start) => start === starts[0]);

/**
 * Vectors that are a function of the position, computed when they are first asked for. They are plain
 * numbers, no tensor: nothing to train, to save or to free.
 */
export class PositionTable {
  readonly #shape: Shape;
  readonly #width: number;
  readonly #valueAt: (position: number, column: number) => number;
  #values = new Float64Array(0);

  /** `shape`: of one position's vector. */
  constructor(shape: Shape, valueAt: (position: number, column: number) => number) {
    this.#shape = shape;
    this.#width = sizeOf(shape);
    this.#valueAt = valueAt;
  }

  /**
   * Those of positions starts[b] … starts[b] + T - 1: [T, ...shape] where all start alike, else
   * [B, T, ...shape].
   */
  rows(starts: readonly number[], time: number, runtime: Runtime): Tensor {
    const width = this.#width;
    this.#growTo(Math.max(0, ...starts) + time);
    const part = (start: number) => this.#values.subarray(start * width, (start + time) * width);
    if (startAlike(starts)) return tensor(part(starts[0] ?? 0), { shape: [time, ...this.#shape], runtime });
    const all = new Float64Array(starts.length * time * width);
    starts.forEach((start, row) => {
      all.set(part(start), row * time * width);
    });
    return tensor(all, { shape: [starts.length, time, ...this.#shape], runtime });
  }

  #growTo(positions: number): void {
    const known = this.#values.length / this.#width;
    if (positions <= known) return;
    const grown = new Float64Array(Math.max(positions, 2 * known) * this.#width);
    grown.set(this.#values);
    for (let i = this.#values.length; i < grown.length; i++) {
      grown[i] = this.#valueAt(Math.floor(i / this.#width), i % this.#width);
    }
    this.#values = grown;
  }
}

/** base^(-2i/width): turns per position, in radians, of the pair i of a vector. */
const frequency = (i: number, width: number, base: number) => exp((-2 * i * log(base)) / width);

/**
 * Sines and cosines of different wavelengths, in turn (Vaswani et al. 2017, section 3.5):
 * column 2i holds sin(position/10000^(2i/C)), column 2i + 1 the cosine.
 */
export function sinusoids(width: number): PositionTable {
  return new PositionTable([width], (position, column) => {
    const angle = position * frequency(Math.floor(column / 2), width, 10000);
    return column % 2 === 0 ? sin(angle) : cos(angle);
  });
}

export interface RotationOptions {
  readonly heads: number;
  readonly keyHeads: number;
  readonly headWidth: number;
  /** The wavelengths of the pairs of a head grow from 2π to 2π·base positions. */
  readonly base: number;
}

/**
 * What `rotary` turns a packed projection with, read as [B, T, H + 2G, D]: cosine and sine [T, H + 2G, D/2]
 * or [B, T, H + 2G, D/2].
 */
export interface Rotation {
  readonly cosine: Tensor;
  readonly sine: Tensor;
}

/**
 * The angles of rotary positions (Su et al. 2021, equation 15) for queries and keys; values are turned by 0.
 */
export class RotaryPositions {
  readonly #cosine: PositionTable;
  readonly #sine: PositionTable;

  constructor({ heads, keyHeads, headWidth, base }: RotationOptions) {
    const half = headWidth / 2;
    const turning = (heads + keyHeads) * half;
    const table = (f: (angle: number) => number) =>
      new PositionTable([heads + 2 * keyHeads, half], (position, column) =>
        f(column < turning ? position * frequency(column % half, headWidth, base) : 0),
      );
    this.#cosine = table(cos);
    this.#sine = table(sin);
  }

  /** Of positions starts[b] … starts[b] + T - 1. */
  rotation(starts: readonly number[], time: number, runtime: Runtime): Rotation {
    return {
      cosine: this.#cosine.rows(starts, time, runtime),
      sine: this.#sine.rows(starts, time, runtime),
    };
  }
}
