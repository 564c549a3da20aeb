import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { describe, expect, test, vi } from "vitest";

const root = new URL("../", import.meta.url);
const readme = readFileSync(new URL("README.md", root), "utf8");
const blocks = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code!);
const folder = new URL("build/readme/", root);

/** What a block says that it prints: the texts behind `// → `, in their order. */
const promises = (code: string) =>
  [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, text]) => text!.replaceAll(/\s+/g, " "));

const shown = (values: readonly unknown[]) =>
  values
    .map((value) =>
      typeof value === "string" ? value : inspect(value, { breakLength: Number.POSITIVE_INFINITY }),
    )
    .join(" ");

describe("the README's blocks run, and print what they say", () => {
  test("there are some", () => expect(blocks.length).toBeGreaterThanOrEqual(4));

  test.each(blocks.map((code, i) => [i + 1, code] as const))("block %i", async (i, code) => {
    mkdirSync(folder, { recursive: true });
    const file = new URL(`block${i}.ts`, folder);
    writeFileSync(file, code);
    const printed: string[] = [];
    const log = vi.spyOn(console, "log").mockImplementation((...values: unknown[]) => {
      printed.push(shown(values));
    });
    try {
      await import(/* @vite-ignore */ fileURLToPath(file));
    } finally {
      log.mockRestore();
    }
    for (const promise of promises(code)) {
      const wanted = promise.replace(/^"(.*)"$/, "$1");
      expect(printed.map((line) => line.trim())).toContain(wanted.trim());
    }
  });
});
