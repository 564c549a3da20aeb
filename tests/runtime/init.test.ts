import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { KernelsError } from "../../src/errors.ts";
import { kernelModules } from "../../src/platform/embedded.ts";
import { embeddedRemedy, importRemedy } from "../../src/platform/remedies.ts";
import { type KernelSource, wasmBackend } from "../../src/runtime/wasm.ts";

const backendOptions = { deterministic: false, disposed: false, lend: () => {} };

/** The library as a program that has just begun finds it. */
async function fresh() {
  vi.resetModules();
  return import("../../src/index.ts");
}

describe("init", () => {
  it("takes compiled kernels before the first tensor", async () => {
    const { init, tensor, defaultRuntime } = await fresh();
    const [core, gemm] = [kernelModules.core(), kernelModules.gemm()];
    init({ core, gemm });
    expect(
      tensor([[1, 2]])
        .matmul(tensor([[3], [4]]))
        .toArray(),
    ).toEqual([[11]]);
    expect(defaultRuntime().build).toBe("plain");
  });

  it("comes too late after the first tensor", async () => {
    const { init, tensor, ArgumentError: Wanted } = await fresh();
    tensor([1]);
    const modules = { core: kernelModules.core(), gemm: kernelModules.gemm() };
    expect(() => init(modules)).toThrow(Wanted);
  });

  it("says what it wants when it was given something else", async () => {
    const { init, tensor, KernelsError: Wanted } = await fresh();
    init({ core: "core.wasm", gemm: "gemm.wasm" } as unknown as Parameters<typeof init>[0]);
    expect(() => tensor([1])).toThrow(Wanted);
    expect(() => tensor([1])).toThrow("init takes the compiled modules of core.wasm and gemm.wasm");
  });
});

describe("kernels that cannot be had", () => {
  const refused: KernelSource = {
    ...kernelModules,
    core: () => {
      throw new WebAssembly.CompileError("Wasm code generation disallowed by embedder");
    },
  };

  it("are an error with the cause and the remedy", () => {
    const make = () => wasmBackend(refused)(backendOptions);
    expect(make).toThrow(KernelsError);
    expect(make).toThrow(/disallowed by embedder.*init\(\{ core, gemm \}\)/s);
  });

  it("use the relaxed build only where it fuses, and never with deterministic", () => {
    const build = (isFused: boolean, deterministic: boolean) => {
      const source = { ...kernelModules, gemmRelaxed: kernelModules.gemm, isFused: () => isFused };
      return wasmBackend(source)({ ...backendOptions, deterministic }).build;
    };
    expect([build(true, false), build(true, true), build(false, false)]).toEqual([
      "relaxed",
      "plain",
      "plain",
    ]);
  });
});

describe("the remedy", () => {
  beforeEach(() => vi.unstubAllGlobals());
  afterEach(() => vi.unstubAllGlobals());

  it("is the page's policy in a browser", () => {
    vi.stubGlobal("document", {});
    expect(embeddedRemedy()).toContain("'wasm-unsafe-eval'");
  });

  it("is a condition or init where bytes are not compiled", () => {
    expect(embeddedRemedy()).toMatch(/"workerd" or "edge-light".*lanegrad\/wasm\/core\.wasm/);
  });

  it("names what the engine lacks", () => {
    vi.stubGlobal("WebAssembly", { validate: () => false });
    expect(embeddedRemedy()).toContain("128-bit SIMD");
    vi.stubGlobal("WebAssembly", undefined);
    expect(embeddedRemedy()).toContain("no WebAssembly");
  });

  it("names the condition whose files a bundler did not turn into modules", () => {
    expect(importRemedy("edge-light")).toMatch(/"edge-light" files.*init\(\{ core, gemm \}\)/);
  });
});
