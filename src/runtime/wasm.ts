import { KernelsError } from "../errors.ts";
import type { BackendFactory } from "./backend.ts";
import type { CoreKernels, Kernels, ProductKernels } from "./kernels/index.ts";
import { WasmMemory } from "./memory.ts";

/** Compiled kernels. A build that a platform does not have is left out. */
export interface KernelModules {
  readonly core: () => WebAssembly.Module;
  readonly gemm: () => WebAssembly.Module;
  readonly gemmRelaxed?: () => WebAssembly.Module;
}

/** Where they come from; `#kernels` supplies one. */
export interface KernelSource extends KernelModules {
  /** Whether relaxed multiply-add really fuses here. */
  readonly isFused: () => boolean;
  /** What to do where a module cannot be had. */
  readonly remedy: () => string;
}

/** What core.wasm exports: its kernels, and what makes a memory ready for them. */
type CoreExports = CoreKernels & { writeConstants(): void };

/** Binds both modules to one linear memory. */
export function wasmKernels(
  core: WebAssembly.Module,
  gemm: WebAssembly.Module,
  memory: WebAssembly.Memory,
): Kernels {
  const imports = { env: { memory } };
  const { writeConstants, ...coreExports } = new WebAssembly.Instance(core, imports)
    .exports as unknown as CoreExports;
  writeConstants();
  const gemmExports = new WebAssembly.Instance(gemm, imports).exports as unknown as ProductKernels;
  return { ...coreExports, ...gemmExports };
}

/**
 * The fast kernels. Matmul and attention use fused multiply-add where the engine really fuses, never with `deterministic`, so that then
 * the bits are the same everywhere.
 *
 * @throws KernelsError where a module cannot be had
 */
export function wasmBackend(source: KernelSource): BackendFactory {
  return ({ deterministic }) => {
    try {
      const { core, gemm, gemmRelaxed, isFused } = source;
      const relaxed = !deterministic && gemmRelaxed && isFused() ? gemmRelaxed : undefined;
      const memory = new WasmMemory();
      const kernels = wasmKernels(core(), (relaxed ?? gemm)(), memory.memory);
      return { build: relaxed ? "relaxed" : "plain", floatType: "f32", memory, kernels };
    } catch (cause) {
      throw new KernelsError(cause, source.remedy());
    }
  };
}
