import { describe, expect, test } from "vitest";
import { kernelModules } from "#kernels";
import { fileBytes } from "../../src/platform/fileBytes.ts";
import { RESERVED_BYTES } from "../../src/runtime/kernels/index.ts";
import { referenceKernels } from "../../src/runtime/reference/index.ts";
import { wasmKernels } from "../../src/runtime/wasm.ts";
import { type BinaryModule, KIND, readModule, SECTION } from "./wasmBinary.ts";

const modules = {
  core: readModule(fileBytes("core")),
  gemm: readModule(fileBytes("gemm")),
  "relaxed gemm": readModule(fileBytes("gemm-relaxed")),
};

const exported = ({ exports }: BinaryModule) => exports.map(({ name }) => name).sort();

describe.each(Object.entries(modules))("%s", (_, { sections, imports, exports }) => {
  test("has no data, start function or globals: a second instance changes nothing in memory", () => {
    for (const section of [SECTION.data, SECTION.start, SECTION.global, SECTION.table]) {
      expect(sections).not.toContain(section);
    }
  });

  test("imports the memory and nothing else, and exports functions only", () => {
    expect(imports).toEqual([{ module: "env", name: "memory", kind: KIND.memory }]);
    expect(exports.filter(({ kind }) => kind !== KIND.function)).toEqual([]);
  });
});

test("constants stay inside the bytes that are no tensor's", () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 });
  const bytes = new Uint8Array(memory.buffer).fill(0x7f);
  wasmKernels(kernelModules.core(), kernelModules.gemm(), memory);
  expect(bytes.findLastIndex((byte) => byte !== 0x7f)).toBeLessThan(RESERVED_BYTES);
  expect(bytes.findIndex((byte) => byte !== 0x7f)).toBe(64);
});

test("together they export the contract, each kernel once", () => {
  const contract = Object.keys(referenceKernels(() => new ArrayBuffer(0), "f32")).sort();
  const [ofCore, ofGemm] = [exported(modules.core), exported(modules.gemm)];
  const names = [...ofCore, ...ofGemm];
  expect(new Set(names).size).toBe(names.length);
  expect(names).toEqual(expect.arrayContaining(contract));
  // gemm.wasm exports parts of its kernels too, so that they are not inlined.
  expect([...contract, "writeConstants"]).toEqual(expect.arrayContaining(ofCore));
  expect(exported(modules["relaxed gemm"])).toEqual(
    expect.arrayContaining(contract.filter((name) => ofGemm.includes(name))),
  );
});
