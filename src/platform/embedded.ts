import { core, gemm, gemmRelaxed } from "../../build/kernels.js";
import { hasFusedMultiplyAdd } from "../runtime/features.ts";
import type { KernelSource } from "../runtime/wasm.ts";
import { compileHex } from "./hex.ts";
import { embeddedRemedy } from "./remedies.ts";

/** The compiled kernels as text inside the bundle: for every runtime that may compile a module from bytes. */
export const kernelModules: KernelSource = {
  core: () => compileHex(core),
  gemm: () => compileHex(gemm),
  gemmRelaxed: () => compileHex(gemmRelaxed),
  isFused: hasFusedMultiplyAdd,
  remedy: embeddedRemedy,
};
