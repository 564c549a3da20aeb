import * as ops from "./ops/index.ts";
import { backward } from "./tensor/backward.ts";
import { Tensor } from "./tensor/tensor.ts";

/** Ops that take a list or an equation first: they are functions only. */
const FUNCTIONS_ONLY = ["concat", "stack", "einsum"] as const;

/** An op without its first argument, which becomes `this`. */
type Method<Op> = Op extends (x: Tensor, ...rest: infer Rest) => infer Result
  ? (...rest: Rest) => Result
  : never;

type Methods<Table> = { [Name in keyof Table]: Method<Table[Name]> };

/**
 * The method form of ops: `x.add(y)` is `add(x, y)`. One table, `ops/index.ts`, says which there are; importing this file gives them to
 * every tensor, and `backward` with them.
 *
 * ```ts
 * const loss = x.matmul(w).add(b).square().mean();
 * loss.backward();
 * ```
 */
export type FluentMethods = Methods<Omit<typeof ops, (typeof FUNCTIONS_ONLY)[number]>> &
  Methods<{ backward: typeof backward }>;

declare module "./tensor/tensor.ts" {
  interface Tensor extends FluentMethods {}
}

for (const [name, op] of Object.entries({ ...ops, backward })) {
  if ((FUNCTIONS_ONLY as readonly string[]).includes(name)) continue;
  const call = op as (x: Tensor, ...rest: readonly unknown[]) => unknown;
  const methods = {
    [name](this: Tensor, ...rest: readonly unknown[]) {
      return call(this, ...rest);
    },
  };
  // Like the methods that a class declares: replaceable, and no enumeration sees them.
  Object.defineProperty(Tensor.prototype, name, { value: methods[name], writable: true, configurable: true });
}
