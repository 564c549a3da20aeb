import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { pack } from "../../.config/pack.js";
import { embeddedBytes } from "../../src/platform/embeddedBytes.ts";
import { fileBytes } from "../../src/platform/fileBytes.ts";
import { unpack } from "../../src/platform/unpack.ts";

const files = ["core", "gemm", "gemm-relaxed"] as const;
const compiled = (file: string) => readFileSync(`build/${file}.wasm`);

/** Bytes that repeat themselves near and far, now and then with a byte changed, as compiled functions do. */
const repetitive = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 9 }),
      fc.record({ from: fc.nat(), length: fc.nat(40), change: fc.nat(255) }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => {
    const bytes: number[] = [];
    for (const part of parts) {
      if (part instanceof Uint8Array) bytes.push(...part);
      else {
        const start = part.from % (bytes.length + 1);
        bytes.push(...bytes.slice(start, start + part.length), part.change);
      }
    }
    return bytes;
  });

describe("packed bytes", () => {
  it("come back as they were", () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), repetitive), (some) => {
        const bytes = Uint8Array.from(some);
        expect(unpack(pack(bytes), bytes.length)).toEqual(bytes);
      }),
    );
  });

  it("carry through long runs of ones in the code", () => {
    for (const byte of [0, 127, 128, 255]) {
      const bytes = new Uint8Array(1000).fill(byte).map((value, i) => (i % 97 === 0 ? i : value));
      expect(unpack(pack(bytes), bytes.length)).toEqual(bytes);
    }
  });

  it("are fewer where they repeat, and no more than they were where not", () => {
    expect(pack(new Uint8Array(2000).fill(7)).length).toBeLessThan(60);
    const noise = Uint8Array.from({ length: 1500 }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 24);
    expect((pack(noise).length * 3) / 4).toBeLessThan(1700);
  });
});

describe("the bytes of a kernel file", () => {
  it.each(files)("are in the bundle: %s", (file) => {
    expect(Buffer.compare(embeddedBytes(file), compiled(file))).toBe(0);
  });

  it.each(files)("are read from the file where it is there: %s", (file) => {
    expect(Buffer.compare(fileBytes(file), compiled(file))).toBe(0);
  });

  it("come from the bundle where the file was left behind", async () => {
    vi.resetModules();
    vi.doMock("node:fs", () => ({
      readFileSync() {
        throw new Error("ENOENT");
      },
    }));
    const { fileBytes: without } = await import("../../src/platform/fileBytes.ts");
    expect(Buffer.compare(without("core"), compiled("core"))).toBe(0);
    vi.doUnmock("node:fs");
  });
});
