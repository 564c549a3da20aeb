import { expect, it } from "vitest";
import { fusedPays } from "../../src/platform/fusedPays.ts";

it.each([
  ["12.4.254.21-node.57", false],
  ["11.3.244.8-node.38", true],
  ["13.6.233.17-node.53", true],
  ["14.6.202.34-node.34", true],
] as const)("fused kernels on V8 %s: %s", (v8, pays) => {
  expect(fusedPays(v8)).toBe(pays);
});
