import type { OpCase } from "./opCase.ts";

declare global {
  interface ImportMeta {
    glob(pattern: string, options: { eager: true }): Record<string, Record<string, unknown>>;
  }
}

/** The cases of all families of ops. */
export const everyCase: Readonly<Record<string, OpCase>> = Object.assign(
  {},
  ...Object.values(import.meta.glob("../ops/cases/*.ts", { eager: true })).flatMap((module) =>
    Object.values(module),
  ),
);
