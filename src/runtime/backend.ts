import type { Kernels, Ptr } from "./kernels/index.ts";
import type { LinearMemory } from "./memory.ts";

/** Which implementation of the kernels a runtime runs. */
export type KernelBuild = "plain" | "relaxed" | "reference";

/** A memory and the kernels over it. */
export interface Backend {
  readonly build: KernelBuild;
  readonly floatType: "f32" | "f64";
  readonly memory: LinearMemory;
  readonly kernels: Kernels;
}

/** Makes a backend; a value, so that bundlers drop the one that is not used. */
export type BackendFactory = (options: { readonly deterministic: boolean }) => Backend;

type AnyKernel = (output: Ptr, ...rest: number[]) => void;

/** Drops every call whose output is empty (its pointer is absent), so that no kernel sees a size of zero. */
export function guardEmpty(kernels: Kernels): Kernels {
  const guarded: Record<string, AnyKernel> = {};
  for (const [name, kernel] of Object.entries(kernels) as [string, AnyKernel][]) {
    guarded[name] = function guard() {
      // biome-ignore lint/complexity/noArguments: forwarding `arguments` is the one way that allocates nothing
      if (arguments[0] !== 0) kernel.apply(undefined, arguments as unknown as Parameters<AnyKernel>);
    };
  }
  return guarded as unknown as Kernels;
}
