import type { AttentionKernels } from "../../src/runtime/kernels/attention.ts";
import { attentionScratch } from "../../src/runtime/kernels/attention.ts";
import type { Ptr } from "../../src/runtime/kernels/index.ts";
import type { Precision } from "../../src/runtime/reference/slots.ts";

/** One head of attention and how it lies in memory. */
export interface Problem {
  readonly queries: number;
  readonly keys: number;
  readonly headWidth: number;
  readonly scale: number;
  readonly causalOffset: number;
  readonly window: number;
  readonly dropoutRate: number;
  /** q, k and v (and their gradients) side by side in the rows of one array, as a packed projection gives them. */
  readonly packed: boolean;
  /** Elements after each row, and before the first. */
  readonly spare: number;
  readonly offset: number;
  /** Values are drawn evenly between -`bound` and `bound`. */
  readonly bound: number;
  readonly seed: number;
}

/** Implementation under test, over a memory of its own. */
export interface Machine {
  readonly name: string;
  readonly precision: Precision;
  readonly buffer: (bytes: number) => ArrayBufferLike;
  readonly kernels: AttentionKernels;
}

export const NAMES = ["q", "k", "v", "dO", "o", "rowMaximum", "rowSum", "dQ", "dK", "dV"] as const;
export type Name = (typeof NAMES)[number];

/** Where an operand lies: element d of row i is slot start + offset + i·row + d. */
interface Place {
  readonly start: number;
  readonly offset: number;
  readonly row: number;
  readonly rows: number;
  readonly width: number;
}

export type Values = Record<Name, Float64Array>;

/** Slots around each array that nobody may write. */
const GUARD = 16;

/** A signalling NaN, in every slot that is no operand: who reads one is found out, and who writes one too. */
const GARBAGE = 0x7fa12345;

const OUTPUTS = { attention: ["o", "rowMaximum", "rowSum"], backward: ["dQ", "dK", "dV"] } as const;

/** Inputs and the gradients before the call, rounded to f32. */
export function drawValues(problem: Problem): Values {
  const { queries, keys, headWidth, bound, seed } = problem;
  const random = sequence(seed);
  const draw = (size: number, scale: number) =>
    Float64Array.from({ length: size }, () => Math.fround(scale * (2 * random() - 1)));
  return {
    q: draw(queries * headWidth, bound),
    k: draw(keys * headWidth, bound),
    v: draw(keys * headWidth, 1),
    dO: draw(queries * headWidth, 1),
    o: draw(queries * headWidth, 1),
    rowMaximum: draw(queries, 1),
    rowSum: draw(queries, 1),
    dQ: draw(queries * headWidth, 1),
    dK: draw(keys * headWidth, 1),
    dV: draw(keys * headWidth, 1),
  };
}

/** Runs one kernel; the result has every operand as the kernel left it. Throws if it wrote anywhere else. */
export function run(
  machine: Machine,
  kernel: keyof typeof OUTPUTS,
  problem: Problem,
  values: Values,
  firstQuery = 0,
): Values {
  const { places, scratch, scratchEnd, end } = layout(problem);
  const bytes = machine.precision === "f64" ? 8 : 4;
  const buffer = machine.buffer(end * bytes);
  const slots =
    machine.precision === "f64" ? new Float64Array(buffer, 0, end) : new Float32Array(buffer, 0, end);
  const bits = new Int32Array(buffer, 0, (end * bytes) / 4);
  bits.fill(GARBAGE);
  for (const name of NAMES) eachElement(places[name], (slot, i) => (slots[slot] = values[name][i]!));
  const before = bits.slice();

  call(machine.kernels, kernel, problem, places, scratch, bytes, firstQuery);

  const mayChange = new Uint8Array(end).fill(1, scratch, scratchEnd);
  for (const name of OUTPUTS[kernel]) {
    eachElement(places[name], (slot) => {
      mayChange[slot] = 1;
    });
  }
  for (let i = 0; i < bits.length; i++) {
    if (bits[i] === before[i]) continue;
    const slot = Math.floor((4 * i) / bytes);
    if (!mayChange[slot]) throw new Error(`${kernel} on ${machine.name} wrote slot ${slot}`);
  }
  const result = {} as Record<Name, Float64Array>;
  for (const name of NAMES) {
    const read = new Float64Array(values[name].length);
    eachElement(places[name], (slot, i) => (read[i] = slots[slot]!));
    result[name] = read;
  }
  return result;
}

function call(
  kernels: AttentionKernels,
  kernel: keyof typeof OUTPUTS,
  problem: Problem,
  places: Record<Name, Place>,
  scratch: number,
  bytes: number,
  firstQuery: number,
): void {
  const at = (name: Name) => (places[name].start * bytes) as Ptr;
  const { q, k, v, o, rowMaximum } = places;
  const numbers = [
    o.offset + firstQuery * o.row,
    rowMaximum.offset + firstQuery,
    q.offset + firstQuery * q.row,
    k.offset,
    v.offset,
    problem.queries - firstQuery,
    problem.keys,
    problem.headWidth,
    o.row,
    q.row,
    k.row,
    v.row,
    problem.scale,
    problem.causalOffset + firstQuery,
    problem.window,
    problem.dropoutRate,
    problem.seed | 0,
    17,
  ] as const;
  const scratchPtr = (scratch * bytes) as Ptr;
  const shared = [at("o"), at("rowMaximum"), at("rowSum"), at("q"), at("k"), at("v"), scratchPtr] as const;
  if (kernel === "attention") kernels.attention(...shared, ...numbers, firstQuery);
  else kernels.attentionBackwardAddInto(at("dQ"), at("dK"), at("dV"), at("dO"), ...shared, ...numbers);
}

interface Layout {
  readonly places: Record<Name, Place>;
  readonly scratch: number;
  readonly scratchEnd: number;
  readonly end: number;
}

/** Places of all operands, guards between them, scratch last. */
function layout(problem: Problem): Layout {
  const { queries, keys, headWidth: width, packed, spare, offset } = problem;
  let end = GUARD + (problem.seed & 3);
  const array = (size: number) => {
    const start = end;
    end += size + GUARD;
    return start;
  };
  const single = (rows: number, rowWidth: number, extra: number): Place => {
    const row = rowWidth + extra;
    return { start: array(offset + rows * row), offset, row, rows, width: rowWidth };
  };
  const triple = () => {
    const row = 3 * width + spare;
    const start = array(offset + Math.max(queries, keys) * row);
    const part = (index: number, rows: number): Place => ({
      start,
      offset: offset + index * width,
      row,
      rows,
      width,
    });
    return [part(0, queries), part(1, keys), part(2, keys)] as const;
  };
  const apart = () =>
    [single(queries, width, spare), single(keys, width, spare + 1), single(keys, width, spare + 2)] as const;
  const [q, k, v] = packed ? triple() : apart();
  const [dQ, dK, dV] = packed ? triple() : apart();
  const [dO, o] = [single(queries, width, spare), single(queries, width, spare)];
  const [rowMaximum, rowSum] = [single(queries, 1, 0), single(queries, 1, 0)];
  const places = { q, k, v, dO, o, rowMaximum, rowSum, dQ, dK, dV };
  const scratch = array(attentionScratch(queries, keys, width));
  return { places, scratch, scratchEnd: end - GUARD, end };
}

function eachElement(place: Place, visit: (slot: number, index: number) => void): void {
  for (let i = 0; i < place.rows; i++) {
    for (let d = 0; d < place.width; d++) {
      visit(place.start + place.offset + i * place.row + d, i * place.width + d);
    }
  }
}

/** Marsaglia 2003, xorshift. */
function sequence(start: number): () => number {
  let state = (start ^ 0x9e3779b9) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
