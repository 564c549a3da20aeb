import { characters, core, gemm, gemmRelaxed, order } from "../../build/kernels-threads.js";
import type { KernelModules } from "../runtime/wasm.ts";
import { compileText } from "./moduleText.ts";

const code = { characters, order };

/** The kernels compiled for shared memory, as text inside the bundle of whoever asks for threads. */
export const sharedModules: KernelModules = {
  core: () => compileText(core, code),
  gemm: () => compileText(gemm, code),
  gemmRelaxed: () => compileText(gemmRelaxed, code),
};
