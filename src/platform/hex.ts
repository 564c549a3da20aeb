/** Compiles a module that is embedded as hexadecimal text. */
export function compileHex(hex: string): WebAssembly.Module {
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return new WebAssembly.Module(bytes);
}
