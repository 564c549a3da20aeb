import type { KernelModules } from "../runtime/wasm.ts";
import type { KernelBytes, KernelFile } from "./embeddedBytes.ts";

/** The kernels over shared memory, for whoever asks for threads. */
export function sharedModules(bytesOf: KernelBytes): KernelModules {
  const compile = (file: KernelFile) => () => new WebAssembly.Module(overSharedMemory(bytesOf(file)));
  return { core: compile("core"), gemm: compile("gemm"), gemmRelaxed: compile("gemm-relaxed") };
}

const IMPORT_SECTION = 2;
const MEMORY_WITH_MAXIMUM = 1;
const SHARED_MEMORY_WITH_MAXIMUM = 3;

/**
 * The same module for a shared memory. What the compiler makes for one differs in a single byte: the flags of the imported memory's limits.
 * The memory is the only import. (WebAssembly core specification, sections 5.3.9 and 5.5.5; threads proposal.)
 */
export function overSharedMemory(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const shared = bytes.slice();
  let at = 8;
  /** An unsigned number in LEB128. */
  const number = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!;
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (bytes[at++] !== IMPORT_SECTION) {
    const size = number();
    at += size;
  }
  number();
  number();
  for (let name = 0; name < 2; name++) {
    const length = number();
    at += length;
  }
  const flags = at + 1;
  if (bytes[flags] !== MEMORY_WITH_MAXIMUM) throw new Error("the kernels import no memory with a maximum");
  shared[flags] = SHARED_MEMORY_WITH_MAXIMUM;
  return shared;
}
