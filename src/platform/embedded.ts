import { characters, core, gemm, gemmRelaxed, order } from "../../build/kernels.js";
import { hasFusedMultiplyAdd } from "../runtime/features.ts";
import type { KernelSource } from "../runtime/wasm.ts";
import { compileText } from "./moduleText.ts";
import { embeddedRemedy } from "./remedies.ts";

const code = { characters, order };

/** The compiled kernels as text inside the bundle: for every runtime that may compile a module from bytes. */
export const kernelModules: KernelSource = {
  core: () => compileText(core, code),
  gemm: () => compileText(gemm, code),
  gemmRelaxed: () => compileText(gemmRelaxed, code),
  isFused: hasFusedMultiplyAdd,
  remedy: embeddedRemedy,
};
