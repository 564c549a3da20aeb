/**
 * Whether fused multiply-add makes matmul and attention faster in this V8. That of Node 22 cannot keep a tile of 6 × 8 in registers: the plain
 * build with its 4 × 8 runs 1.2 to 1.5 times as fast there (assembly/README.md).
 */
export const fusedPays = (v8: string | undefined = process.versions.v8): boolean => !v8?.startsWith("12.4.");
