/**
 * What to do where the kernels cannot be had; the way that fits comes first.
 */

const byHand =
  'import the files "lanegrad/wasm/core.wasm" and "lanegrad/wasm/gemm.wasm" as your bundler wants them and call ' +
  "init({ core, gemm }) before the first tensor";

/** For kernels that are embedded as text: someone forbids compiling them. */
export function embeddedRemedy(): string {
  if (typeof WebAssembly === "undefined") return "this engine has no WebAssembly, or it is switched off";
  if (!WebAssembly.validate(VECTOR_PROBE)) {
    return "this engine lacks 128-bit SIMD in WebAssembly: Node 16.4, Chrome 91, Firefox 89 and Safari 16.4 have it";
  }
  const inBrowser = "document" in globalThis || "importScripts" in globalThis;
  if (inBrowser) {
    return "the page's Content-Security-Policy must allow it: script-src 'self' 'wasm-unsafe-eval'";
  }
  return `this place compiles no bytes: bundle with the condition "workerd" or "edge-light", or ${byHand}`;
}

/** For kernels that are imported as files under a condition. */
export function importRemedy(condition: string): string {
  return (
    `the bundler chose lanegrad's "${condition}" files, but does not turn an imported .wasm file into a WebAssembly.Module; ` +
    `let it, drop the condition, or ${byHand}`
  );
}

/** (module (func (result v128) i32.const 0 i8x16.splat)), the smallest module with a vector in it. */
const VECTOR_PROBE = Uint8Array.from([
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b, 0x03, 0x02, 0x01,
  0x00, 0x0a, 0x08, 0x01, 0x06, 0x00, 0x41, 0x00, 0xfd, 0x0f, 0x0b,
]);
