import { hasFusedMultiplyAdd } from "../runtime/features.ts";
import type { KernelSource } from "../runtime/wasm.ts";
import type { KernelBytes, KernelFile } from "./embeddedBytes.ts";
import { embeddedRemedy } from "./remedies.ts";

/** The kernels of a place that compiles modules from bytes. */
export function compiledKernels(bytesOf: KernelBytes): KernelSource {
  const compile = (file: KernelFile) => () => new WebAssembly.Module(bytesOf(file));
  return {
    core: compile("core"),
    gemm: compile("gemm"),
    gemmRelaxed: compile("gemm-relaxed"),
    isFused: hasFusedMultiplyAdd,
    remedy: embeddedRemedy,
  };
}
