import { expect, test } from "vitest";
import { runExample } from "./runExample.ts";

test("a small GPT learns to sort every sequence", async () => {
  const printed = await runExample("sort", "--smoke", "--seed", "1");
  expect(printed).toMatch(/sorted 27 of 27 sequences$/);
  expect(process.exitCode).toBe(0);
});

test("a model that has learnt too little is said to fail", async () => {
  const printed = await runExample("sort", "--smoke", "--steps", "1");
  expect(printed).toMatch(/^step 1 {2}loss [\d.]+ {2}sorted \d+ of 27 sequences$/);
  expect(process.exitCode).toBe(1);
  process.exitCode = 0;
});
