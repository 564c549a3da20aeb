import type { BackendFactory } from "./backend.ts";
import { ArrayMemory } from "./memory.ts";
import { referenceKernels } from "./reference/index.ts";
import type { Precision } from "./reference/slots.ts";

/**
 * Every kernel as plain TypeScript loops: slow, obvious, and in f64 precise enough for finite differences. The whole library, ops,
 * models, optimizers, runs on it.
 */
export function referenceBackend({ precision = "f64" }: { precision?: Precision } = {}): BackendFactory {
  return () => {
    const memory = new ArrayMemory();
    const kernels = referenceKernels(() => memory.buffer, precision);
    return { build: "reference", floatType: precision, memory, kernels };
  };
}
