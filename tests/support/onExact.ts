import { expect } from "vitest";
import { withRuntime } from "../../src/runtime/default.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { exactRuntime } from "./runtimes.ts";

/**
 * A test's body with a fresh f64 runtime as the default one, in a scope; afterwards nothing may be alive.
 *
 *   it("frees what it made", onExact((runtime) => …));
 */
export function onExact(body: (runtime: Runtime) => void): () => void {
  return () => {
    const runtime = exactRuntime();
    withRuntime(runtime, () => runtime.scope(() => body(runtime)));
    const { liveTensors, liveBytes } = runtime.memoryStats();
    expect({ liveTensors, liveBytes }, "live after the test").toEqual({ liveTensors: 0, liveBytes: 0 });
    runtime.dispose();
  };
}
