/**
 * (module (func (export "fused") (param f32 f32 f32) (result f32) …relaxed_madd of the three, lane 0)). WebAssembly 2.0 with the
 * relaxed SIMD proposal; an engine without it refuses to compile these bytes.
 */
const RELAXED_PROBE = Uint8Array.from([
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x01, 0x60, 0x03, 0x7d, 0x7d, 0x7d, 0x01, 0x7d,
  0x03, 0x02, 0x01, 0x00, 0x07, 0x09, 0x01, 0x05, 0x66, 0x75, 0x73, 0x65, 0x64, 0x00, 0x00, 0x0a, 0x16, 0x01,
  0x14, 0x00, 0x20, 0x00, 0xfd, 0x13, 0x20, 0x01, 0xfd, 0x13, 0x20, 0x02, 0xfd, 0x13, 0xfd, 0x85, 0x02, 0xfd,
  0x1f, 0x00, 0x0b,
]);

/** Whether the engine knows relaxed SIMD. Only validates, which every runtime allows. */
export function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(RELAXED_PROBE);
}

/**
 * Whether relaxed multiply-add rounds once, as a fused one does: (1+e)² - (1+2e) is e² then, and 0 if the product is rounded first. Some
 * engines accept the instruction and gain nothing from it. Compiles a module, so only for runtimes where that is allowed.
 */
export function hasFusedMultiplyAdd(): boolean {
  if (!hasRelaxedSimd()) return false;
  try {
    const instance = new WebAssembly.Instance(new WebAssembly.Module(RELAXED_PROBE));
    const fused = instance.exports.fused as (a: number, b: number, c: number) => number;
    const e = 2 ** -12;
    return fused(1 + e, 1 + e, -(1 + 2 * e)) === e * e;
  } catch {
    return false;
  }
}
