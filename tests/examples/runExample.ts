import { vi } from "vitest";

/** Runs an example of src/examples in this process, as its command would, and gives what it printed. */
export async function runExample(name: string, ...options: string[]): Promise<string> {
  const lines: string[] = [];
  const printing = vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
  const { argv } = process;
  process.argv = [argv[0]!, name, ...options];
  vi.resetModules();
  try {
    await import(`../../src/examples/${name}/main.ts`);
  } finally {
    process.argv = argv;
    printing.mockRestore();
  }
  return lines.join("\n");
}
