import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { textsOf } from "../../.config/text.js";
import * as kernels from "../../build/kernels.js";
import { bytesOfText } from "../../src/platform/moduleText.ts";

describe("the text of a module", () => {
  it("gives any bytes back", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.uint8Array({ maxLength: 600 }), (a, b) => {
        const texts = textsOf({ a, b });
        expect(bytesOfText(texts.a!, texts)).toEqual(new Uint8Array(a));
        expect(bytesOfText(texts.b!, texts)).toEqual(new Uint8Array(b));
      }),
    );
  });

  it("needs no escapes in a bundle or a page", () => {
    const { all } = textsOf({ all: Uint8Array.from({ length: 256 }, (_, byte) => byte) });
    expect(all).toMatch(/^[!-~]+$/);
    expect(all).not.toMatch(/["'`$\\<]/);
  });

  it.each([
    ["core", kernels.core],
    ["gemm", kernels.gemm],
    ["gemm-relaxed", kernels.gemmRelaxed],
  ])("is that of the compiled file: %s", (name, text) => {
    const compiled = readFileSync(`build/${name}.wasm`);
    expect(Buffer.compare(bytesOfText(text, kernels), compiled)).toBe(0);
  });
});
