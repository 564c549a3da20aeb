import core from "../../build/core.wasm?module";
import gemm from "../../build/gemm.wasm?module";
import type { KernelSource } from "../runtime/wasm.ts";
import { importRemedy } from "./remedies.ts";

/**
 * The kernels as files that are imported: the edge runtime compiles no bytes. Plain ones only, because Next.js compiles all that is imported
 * on the machine that builds, and Node 20 does not know relaxed SIMD.
 */
export const kernelModules: KernelSource = {
  core: () => core,
  gemm: () => gemm,
  isFused: () => false,
  remedy: () => importRemedy("edge-light"),
};
