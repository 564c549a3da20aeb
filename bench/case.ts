import type { Yardstick } from "./peak.ts";

/** Parts of the bench that can be run alone. */
export const parts = [
  "gemm",
  "attention",
  "rows",
  "train",
  "generate",
  "text",
  "overhead",
  "memory",
  "startup",
] as const;
export type Part = (typeof parts)[number];

export const isPart = (word: string): word is Part => (parts as readonly string[]).includes(word);

/** What a case does in one call, and the unit that people compare it in. */
export interface Work {
  readonly unit: "GFLOP/s" | "GB/s" | "elements/ns" | "tokens/s" | "MB/s";
  /** Flops, bytes, elements or tokens of one call. */
  readonly amount: number;
}

/** One thing to measure, through the public ops. */
export interface Case {
  readonly part: Part;
  readonly name: string;
  readonly size: string;
  readonly work: Work;
  /** The fastest that the machine could do the same work; null where there is no such measure. */
  readonly yardstick: Yardstick | null;
  prepare(): Prepared;
}

/** What a person calls a case by. */
export const idOf = ({ name, size }: Case): string => `${name} ${size}`;

/** A case whose tensors are there. */
export interface Prepared {
  run(): void | Promise<void>;
  /** Largest difference from an f64 computation, as a share of the largest exact value. */
  error(): number;
}

/** Units of a rate per millisecond. */
const perMillisecond = {
  "GFLOP/s": 1e6,
  "GB/s": 1e6,
  "elements/ns": 1e6,
  "tokens/s": 1e-3,
  "MB/s": 1e3,
} as const satisfies Record<Work["unit"], number>;

/** The rate of a call that takes so many milliseconds. */
export function rateOf({ unit, amount }: Work, milliseconds: number): number {
  return amount / milliseconds / perMillisecond[unit];
}
