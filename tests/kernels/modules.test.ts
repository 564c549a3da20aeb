import { describe, expect, test } from "vitest";
import { fileBytes } from "../../src/platform/fileBytes.ts";
import { referenceKernels } from "../../src/runtime/reference/index.ts";
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

test("together they export the contract, each kernel once", () => {
  const contract = Object.keys(referenceKernels(() => new ArrayBuffer(0), "f32")).sort();
  const [ofCore, ofGemm] = [exported(modules.core), exported(modules.gemm)];
  const names = [...ofCore, ...ofGemm];
  expect(new Set(names).size).toBe(names.length);
  expect(names).toEqual(expect.arrayContaining(contract));
  // gemm.wasm exports parts of its kernels too, so that they are not inlined.
  expect(contract).toEqual(expect.arrayContaining(ofCore));
  expect(exported(modules["relaxed gemm"])).toEqual(
    expect.arrayContaining(contract.filter((name) => ofGemm.includes(name))),
  );
});
