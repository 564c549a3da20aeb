import { cos, log, sin } from "../../math.ts";
import { philox4x32 } from "../../random.ts";
import type { RandomKernels } from "../kernels/random.ts";
import type { Slots } from "./slots.ts";

/** Makes 24 random bits a fraction. */
const UNIT = 2 ** -24;

/** Numbers are drawn as in f32, also on f64, so that both draw the same. */
export function randomReference({ floats, round }: Slots): RandomKernels {
  return {
    randomUniform(y, size, first, key0, key1, low, high) {
      const to = floats(y);
      const start = Math.fround(low);
      const span = Math.fround(Math.fround(high) - start);
      eachUniform(size, first, key0, key1, (i, u) => {
        to[i] = Math.fround(start + Math.fround(u * span));
      });
    },
    randomNormal(y, size, first, key0, key1, mean, deviation) {
      const to = floats(y);
      const words = new Uint32Array(4);
      for (let i = 0; i < size; i += 2) {
        philox4x32(Math.floor((first + i) / 4), 0, key0, key1, words);
        const pair = i % 4;
        const radius = Math.sqrt(-2 * log(((words[pair]! >>> 8) + 1) * UNIT));
        const angle = 2 * Math.PI * ((words[pair + 1]! >>> 8) * UNIT);
        to[i] = Math.fround(mean + deviation * (radius * cos(angle)));
        if (i + 1 < size) to[i + 1] = Math.fround(mean + deviation * (radius * sin(angle)));
      }
    },
    dropout(y, x, size, first, key0, key1, rate) {
      const to = floats(y);
      const from = floats(x);
      const factor = round(1 / (1 - rate));
      eachUniform(size, first, key0, key1, (i, u) => {
        to[i] = u < rate ? 0 : from[i]! * factor;
      });
    },
  };
}

/** Visits u of each element: 24 bits of its word of its block. */
function eachUniform(
  size: number,
  first: number,
  key0: number,
  key1: number,
  visit: (i: number, u: number) => void,
): void {
  const words = new Uint32Array(4);
  for (let i = 0; i < size; i++) {
    if (i % 4 === 0) philox4x32((first + i) / 4, 0, key0, key1, words);
    visit(i, (words[i % 4]! >>> 8) * UNIT);
  }
}
