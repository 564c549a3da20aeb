import type { KernelSource } from "../runtime/wasm.ts";
import { compiledKernels } from "./compiledKernels.ts";
import { embeddedBytes } from "./embeddedBytes.ts";

/** The compiled kernels inside the bundle: for browsers, and whatever no other condition of the package fits. */
export const kernelModules: KernelSource = compiledKernels(embeddedBytes);
