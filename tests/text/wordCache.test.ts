import { expect, it } from "vitest";
import { WordCache } from "../../src/text/wordCache.ts";

it("forgets words before it grows without end, and never mistakes one for another", () => {
  const cache = new WordCache();
  let known = 0;
  for (let i = 0; i < 200_000; i++) {
    cache.add(`word ${i}`, Int32Array.of(i, i + 1, i + 2), 2);
    const at = cache.find(`word ${i}`);
    if (cache.ids[at - 1] !== 2 || cache.ids[at] !== i || cache.ids[at + 1] !== i + 1)
      expect.fail(`word ${i}`);
  }
  for (let i = 0; i < 200_000; i++) {
    const at = cache.find(`word ${i}`);
    if (at >= 0) known++;
    if (at >= 0 && cache.ids[at] !== i) expect.fail(`word ${i}`);
  }
  expect(known).toBeGreaterThan(1000);
  expect(known).toBeLessThan(100_000);
});

it("does not keep long words", () => {
  const cache = new WordCache();
  cache.add("x".repeat(65), Int32Array.of(1), 1);
  expect(cache.find("x".repeat(65))).toBe(-1);
});
