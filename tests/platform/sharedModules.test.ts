import asc from "assemblyscript/asc";
import { expect, test } from "vitest";
import { overSharedMemory } from "../../src/platform/sharedModules.ts";

const source = "export function first(): i32 { return load<i32>(0); }";
const options = [
  "--runtime",
  "stub",
  "--importMemory",
  "--noExportMemory",
  "--initialMemory",
  "1",
  "--maximumMemory",
  "9",
];

async function compile(...flags: string[]): Promise<Uint8Array<ArrayBuffer>> {
  const made: Uint8Array<ArrayBuffer>[] = [];
  const { error } = await asc.main(["first.ts", "--outFile", "first.wasm", ...options, ...flags], {
    readFile: (name) => (name === "first.ts" ? source : null),
    writeFile: (_, bytes) => void made.push(new Uint8Array(bytes as Uint8Array<ArrayBuffer>)),
    listFiles: () => [],
  });
  if (error) throw error;
  return made[0]!;
}

test("a module is made for shared memory as the compiler makes it", async () => {
  const shared = overSharedMemory(await compile());
  expect(shared).toEqual(await compile("--enable", "threads", "--sharedMemory"));
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 9, shared: true });
  new Int32Array(memory.buffer)[0] = 42;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(shared), { env: { memory } });
  expect((exports.first as () => number)()).toBe(42);
});

test("a module without such a memory is refused", async () => {
  const bytes = await compile();
  expect(() => overSharedMemory(overSharedMemory(bytes))).toThrow(/no memory with a maximum/);
});
