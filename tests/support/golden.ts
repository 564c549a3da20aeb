import { readFileSync } from "node:fs";
import type { NamedArray } from "../../src/io/namedArrays.ts";
import { readSafetensors } from "../../src/io/safetensors.ts";

/** A tensor in the files made with PyTorch; f32 are inputs, f64 expected values. */
export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly dtype: "f32" | "f64" | "i64" | "bool";
  readonly data: readonly number[];
}

const at = (name: string) => new URL(`../golden/${name}`, import.meta.url);

export function goldenJson<T>(name: string): T {
  return JSON.parse(readFileSync(at(name), "utf8")) as T;
}

export function goldenTensors(name: string): Record<string, NamedArray> {
  return readSafetensors(readFileSync(at(name)), { file: name }).tensors;
}
