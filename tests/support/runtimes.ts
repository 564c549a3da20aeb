import { createRuntime, withRuntime } from "../../src/runtime/default.ts";
import { referenceBackend } from "../../src/runtime/referenceBackend.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";

/** The slow and exact twin, in double precision: what the tests mean by right. */
export const exactRuntime = (): Runtime => createRuntime({ backend: referenceBackend() });

/** The runtime that users have. */
export const fastRuntime = (): Runtime => createRuntime();

/** A test's body with a fresh f64 runtime as the default one: for models, whose parameters outlive scopes. */
export function exactly(body: () => void): () => void {
  return () => withRuntime(exactRuntime(), body);
}
