import core from "../../build/core.wasm";
import gemm from "../../build/gemm.wasm";
import gemmRelaxed from "../../build/gemm-relaxed.wasm";
import { hasRelaxedSimd } from "../runtime/features.ts";
import type { KernelSource } from "../runtime/wasm.ts";
import { importRemedy } from "./remedies.ts";

/** The kernels as files that are imported: workerd compiles no bytes. Its engine fuses wherever it knows relaxed SIMD. */
export const kernelModules: KernelSource = {
  core: () => core,
  gemm: () => gemm,
  gemmRelaxed: () => gemmRelaxed,
  isFused: hasRelaxedSimd,
  remedy: () => importRemedy("workerd"),
};
