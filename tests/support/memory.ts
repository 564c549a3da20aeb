import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Bytes that JavaScript holds, on its heap and in buffers, after all garbage is gone. */
export function heldBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let round = 0; round < 3; round++) collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
