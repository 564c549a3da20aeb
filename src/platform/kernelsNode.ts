import type { KernelSource } from "../runtime/wasm.ts";
import { compiledKernels } from "./compiledKernels.ts";
import { fileBytes } from "./fileBytes.ts";
import { fusedPays } from "./fusedPays.ts";

const compiled = compiledKernels(fileBytes);

/** The kernels of Node, Deno and Bun. */
export const kernelModules: KernelSource = { ...compiled, isFused: () => fusedPays() && compiled.isFused() };
