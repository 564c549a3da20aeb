import type { Kernels } from "../../src/runtime/kernels/index.ts";
import type { WasmMemory } from "../../src/runtime/memory.ts";
import { type Arguments, joinSums, partOf } from "../../src/runtime/threads/cut.ts";
import { splits } from "../../src/runtime/threads/splits.ts";

type Kernel = (...values: number[]) => void;

/** Where partial sums go: behind whatever the tests put into memory. */
const SUMS = 2 ** 27;

/**
 * The kernels, each call cut as small as threads could ever cut it, one after the other and the last part
 * first: what one part needed of another would be missing.
 */
export function cutKernels(kernels: Kernels, memory: WasmMemory): Kernels {
  const names = Object.keys(splits) as (keyof Kernels)[];
  const entries = names.map((name) => {
    const kernel = kernels[name] as Kernel;
    return [name, (...values: number[]) => runInParts(name, kernel, values, memory)] as const;
  });
  return Object.fromEntries(entries) as unknown as Kernels;
}

function runInParts(name: keyof Kernels, kernel: Kernel, values: Arguments, memory: WasmMemory): void {
  const cut = splits[name].cut(values);
  if (cut === null) kernel(...values);
  else if ("chunks" in cut) {
    if (!memory.grow(SUMS + 4 * cut.chunks * cut.size)) throw new Error("no memory for partial sums");
    for (let i = cut.chunks - 1; i >= 0; i--) kernel(...cut.chunk(i, SUMS + 4 * i * cut.size));
    joinSums(memory.buffer, cut, SUMS);
  } else {
    const units = values[cut.count]!;
    const last = Math.floor((units - 1) / cut.grain) * cut.grain;
    for (let first = last; first >= 0; first -= cut.grain) {
      kernel(...partOf(values, cut, first, Math.min(cut.grain, units - first)));
    }
  }
}
