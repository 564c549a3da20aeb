import { afterAll, describe, expect, it } from "vitest";
import { withRuntime } from "../../src/runtime/default.ts";
import { exactRuntime, fastRuntime } from "./runtimes.ts";

type DefineTest = (name: string, body: () => void) => void;

/**
 * The same tests in f32 on the fast kernels and in f64 on the reference; each in a scope after which nothing
 * may be left.
 */
export function onEveryRuntime(title: string, define: (test: DefineTest) => void): void {
  for (const makeRuntime of [fastRuntime, exactRuntime]) {
    const runtime = makeRuntime();
    describe(`${title} in ${runtime.floatType}`, () => {
      afterAll(() => runtime.dispose());
      define((name, body) => {
        it(name, () => {
          withRuntime(runtime, () => runtime.scope(body));
          expect(runtime.memoryStats().liveTensors).toBe(0);
        });
      });
    });
  }
}
