/** What bundlers for workerd and the edge runtime make of an import of a kernel file: a module that is already compiled. */
declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}

declare module "*.wasm?module" {
  const module: WebAssembly.Module;
  export default module;
}
