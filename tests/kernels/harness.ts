import { kernelModules } from "#kernels";
import { ABSENT, type Kernels, type Ptr, RESERVED_BYTES } from "../../src/runtime/kernels/index.ts";
import { ArrayMemory, type LinearMemory, WasmMemory } from "../../src/runtime/memory.ts";
import { type Precision, referenceKernels } from "../../src/runtime/reference/index.ts";
import { wasmKernels } from "../../src/runtime/wasm.ts";

/** The kernels over a memory of their own. */
export interface Implementation {
  readonly name: string;
  readonly precision: Precision;
  readonly memory: LinearMemory;
  readonly kernels: Kernels;
}

/** An array in linear memory, as one call sees it. Ints are also what moves unseen: any 32 bits. */
export interface Operand {
  readonly kind: "float" | "int";
  readonly values: Float32Array | Int32Array;
  /** Whether the kernel may change it. Scratch changes too, but nobody compares it. */
  readonly role: "input" | "output" | "scratch";
}

/**
 * A call of a kernel: its pointers in order (a repeated operand is passed in place, null is absent), then its
 * numbers.
 */
export interface Call {
  readonly operands: readonly (Operand | null)[];
  readonly numbers: readonly number[];
  /** Draws the alignments. */
  readonly seed: number;
}

/** What a call left in an operand: numbers, on f32 as a Float32Array or Int32Array. */
export type Result = Float32Array | Float64Array | Int32Array;

/** Slots on either side of an operand that nobody may write. */
const GUARD = 8;

/**
 * In the guards and in outputs before the call: as a float a signalling NaN, so nobody reads it unnoticed.
 */
const GARBAGE = 0x7fa12345;

export const wasm: Implementation = implementation("wasm", "f32", new WasmMemory());
export const reference32: Implementation = implementation("reference in f32", "f32", new ArrayMemory());
export const reference64: Implementation = implementation("reference in f64", "f64", new ArrayMemory());

function implementation(
  name: string,
  precision: Precision,
  memory: WasmMemory | ArrayMemory,
): Implementation {
  const kernels =
    memory instanceof WasmMemory
      ? wasmKernels(kernelModules.core(), kernelModules.gemm(), memory.memory)
      : referenceKernels(() => memory.buffer, precision);
  return { name, precision, memory, kernels };
}

export function floatInput(values: Float32Array): Operand {
  return { kind: "float", values, role: "input" };
}

export function intInput(values: Int32Array): Operand {
  return { kind: "int", values, role: "input" };
}

/** Floats that the kernel overwrites. */
export function floatOutput(size: number): Operand {
  return {
    kind: "float",
    values: new Float32Array(new Int32Array(size).fill(GARBAGE).buffer),
    role: "output",
  };
}

export function intOutput(size: number): Operand {
  return { kind: "int", values: new Int32Array(size).fill(GARBAGE), role: "output" };
}

export function scratch(size: number): Operand {
  return { ...floatOutput(size), role: "scratch" };
}

/** The operand as one that the kernel changes, starting from its values. */
export function changed(operand: Operand): Operand {
  return { ...operand, role: "output" };
}

/**
 * Runs a kernel on operands at drawn alignments and gives what it left in each, after making sure that it
 * wrote neither around them nor into its inputs.
 */
export function run(
  { kernels, memory, precision }: Implementation,
  kernel: keyof Kernels,
  call: Call,
): Result[] {
  const places = place(call, memory, precision);
  for (const [operand, ptr] of places) write(memory, precision, operand, ptr);

  const pointers = call.operands.map((operand) => (operand ? places.get(operand)! : ABSENT));
  (kernels[kernel] as (...args: number[]) => void)(...pointers, ...call.numbers);

  for (const [operand, ptr] of places) {
    checkGuards(memory, precision, kernel, operand, ptr);
    const unchanged = () => sameNumbers(read(memory, precision, operand, ptr), operand.values);
    if (operand.role === "input" && !unchanged()) throw new Error(`${kernel} changed an input`);
  }
  return call.operands.map((operand) =>
    operand ? read(memory, precision, operand, places.get(operand)!) : new Int32Array(0),
  );
}

/** An address for each different operand: its guards around it, its start a drawn number of slots off. */
function place(call: Call, memory: LinearMemory, precision: Precision): Map<Operand, Ptr> {
  const bytes = slotBytes(precision);
  const places = new Map<Operand, Ptr>();
  let end = RESERVED_BYTES / bytes;
  let random = call.seed >>> 0;
  for (const operand of call.operands) {
    if (!operand || places.has(operand)) continue;
    random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
    const start = end + GUARD + (random >>> 28);
    places.set(operand, (start * bytes) as Ptr);
    end = start + operand.values.length + GUARD;
  }
  if (!memory.grow(end * bytes)) throw new Error(`no memory for ${end} slots`);
  return places;
}

function write(memory: LinearMemory, precision: Precision, operand: Operand, ptr: Ptr): void {
  const bytes = slotBytes(precision);
  const { length } = operand.values;
  intSlots(memory, precision, ptr - GUARD * bytes, length + 2 * GUARD).fill(GARBAGE);
  // As bits: a Float32Array may change those of a NaN on the way.
  if (precision === "f32") intSlots(memory, precision, ptr, length).set(bitsOf(operand.values));
  else new Float64Array(memory.buffer, ptr, length).set(operand.values);
}

function checkGuards(
  memory: LinearMemory,
  precision: Precision,
  kernel: string,
  operand: Operand,
  ptr: Ptr,
): void {
  const bytes = slotBytes(precision);
  const { length } = operand.values;
  const before = intSlots(memory, precision, ptr - GUARD * bytes, GUARD);
  const after = intSlots(memory, precision, ptr + length * bytes, GUARD);
  const intact = (guard: Int32Array | Float64Array) => guard.every((value) => value === GARBAGE);
  if (!intact(before) || !intact(after)) throw new Error(`${kernel} wrote outside an operand of ${length}`);
}

function read(memory: LinearMemory, precision: Precision, operand: Operand, ptr: Ptr): Result {
  const { length } = operand.values;
  if (precision === "f64") return new Float64Array(memory.buffer, ptr, length).slice();
  const bits = new Int32Array(memory.buffer, ptr, length).slice();
  return operand.kind === "int" ? bits : new Float32Array(bits.buffer);
}

function sameNumbers(a: Result, b: Result): boolean {
  return a.every((value, i) => Object.is(value, b[i]));
}

function bitsOf(values: Float32Array | Int32Array): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, values.length);
}

function slotBytes(precision: Precision): number {
  return precision === "f64" ? 8 : 4;
}

function intSlots(
  memory: LinearMemory,
  precision: Precision,
  ptr: number,
  size: number,
): Int32Array | Float64Array {
  return precision === "f64"
    ? new Float64Array(memory.buffer, ptr, size)
    : new Int32Array(memory.buffer, ptr, size);
}
