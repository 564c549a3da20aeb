import { core, gemm, gemmRelaxed } from "../../build/kernels-threads.js";
import type { KernelModules } from "../runtime/wasm.ts";
import { compileHex } from "./hex.ts";

/** The kernels compiled for shared memory, as text inside the bundle of whoever asks for threads. */
export const sharedModules: KernelModules = {
  core: () => compileHex(core),
  gemm: () => compileHex(gemm),
  gemmRelaxed: () => compileHex(gemmRelaxed),
};
