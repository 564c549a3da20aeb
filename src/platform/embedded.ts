import { core, gemm, gemmRelaxed } from "../../build/kernels.js";
import type { KernelModules } from "../runtime/wasm.ts";

/** The compiled kernels as text inside the bundle: for every runtime that may compile a module from bytes. */
export const kernelModules: KernelModules = {
  core: () => compile(core),
  gemm: () => compile(gemm),
  gemmRelaxed: () => compile(gemmRelaxed),
};

function compile(hex: string): WebAssembly.Module {
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return new WebAssembly.Module(bytes);
}
