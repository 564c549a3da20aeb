import type { BackendFactory } from "./backend.ts";
import { hasFusedMultiplyAdd } from "./features.ts";
import type { CoreKernels, Kernels, ProductKernels } from "./kernels/index.ts";
import { WasmMemory } from "./memory.ts";

/** Where compiled kernels come from; a platform supplies one. A build that it does not have is left out. */
export interface KernelModules {
  readonly core: () => WebAssembly.Module;
  readonly gemm: () => WebAssembly.Module;
  readonly gemmRelaxed?: () => WebAssembly.Module;
}

/** Binds both modules to one linear memory. */
export function wasmKernels(
  core: WebAssembly.Module,
  gemm: WebAssembly.Module,
  memory: WebAssembly.Memory,
): Kernels {
  const imports = { env: { memory } };
  const coreExports = new WebAssembly.Instance(core, imports).exports as unknown as CoreKernels;
  const gemmExports = new WebAssembly.Instance(gemm, imports).exports as unknown as ProductKernels;
  return { ...coreExports, ...gemmExports };
}

/**
 * The fast kernels. Matmul and attention use fused multiply-add where the engine really fuses, never with `deterministic`, so that then
 * the bits are the same everywhere.
 */
export function wasmBackend(modules: KernelModules): BackendFactory {
  return ({ deterministic }) => {
    const relaxed = !deterministic && hasFusedMultiplyAdd() ? modules.gemmRelaxed : undefined;
    const memory = new WasmMemory();
    const kernels = wasmKernels(modules.core(), (relaxed ?? modules.gemm)(), memory.memory);
    return { build: relaxed ? "relaxed" : "plain", floatType: "f32", memory, kernels };
  };
}
