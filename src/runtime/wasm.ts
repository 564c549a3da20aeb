import type { CoreKernels, Kernels, ProductKernels } from "./kernels/index.ts";

/** Where compiled kernels come from; a platform supplies one. A module it does not have is undefined. */
export interface KernelModules {
  readonly core: () => WebAssembly.Module;
  readonly gemm: () => WebAssembly.Module;
  readonly gemmRelaxed?: () => WebAssembly.Module;
}

/** Binds both modules to one linear memory. */
export function wasmKernels(core: WebAssembly.Module, gemm: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  const imports = { env: { memory } };
  const coreExports = new WebAssembly.Instance(core, imports).exports as unknown as CoreKernels;
  const gemmExports = new WebAssembly.Instance(gemm, imports).exports as unknown as ProductKernels;
  return { ...coreExports, ...gemmExports };
}
