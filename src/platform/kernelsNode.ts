import type { KernelSource } from "../runtime/wasm.ts";
import { compiledKernels } from "./compiledKernels.ts";
import { fileBytes } from "./fileBytes.ts";

/** The kernels of Node, Deno and Bun. */
export const kernelModules: KernelSource = compiledKernels(fileBytes);
