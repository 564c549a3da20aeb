/**
 * Every reader against files that were broken on purpose: 500 of each format here, 10,000 with LANEGRAD_RUNS=20. A broken
 * file is read or refused with a FormatError; nothing outside it is asked for, nothing much larger is made
 * of it, and nothing of it is kept.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ByteSource } from "../../src/io/byteSource.ts";
import { filesSource } from "../../src/io/folder.ts";
import { openGguf } from "../../src/io/gguf.ts";
import type { LazyArrays } from "../../src/io/lazyArray.ts";
import { openLlama2c } from "../../src/io/llama2c.ts";
import { openNpz, writeNpz } from "../../src/io/npz.ts";
import { openSafetensors, writeSafetensors } from "../../src/io/safetensors.ts";
import { openSafetensorsFolder } from "../../src/io/shards.ts";
import { goldenBytes, readsOrRefuses } from "../support/files.ts";
import { ggufFile } from "../support/ggufFile.ts";
import { llama2cFile } from "../support/llama2cFile.ts";
import { heldBytes } from "../support/memory.ts";
import { effort } from "../support/seed.ts";

const arrays = {
  weight: { dtype: "f32", shape: [2, 3], data: new Float32Array(6).fill(0.5) },
  ids: { dtype: "i64", shape: [2], data: new BigInt64Array(2) },
  mask: { dtype: "bool", shape: [3], data: new Uint8Array(3) },
} as const;
const shard = writeSafetensors(arrays);
const index = new TextEncoder().encode(
  JSON.stringify({
    weight_map: Object.fromEntries(Object.keys(arrays).map((name) => [name, "s.safetensors"])),
  }),
);

/** The index is broken, its file is not. */
async function openIndex(source: ByteSource) {
  const folder = filesSource({ "s.safetensors": shard });
  const withIndex = {
    ...folder,
    open: async (name: string) => (name === "model.safetensors.index.json" ? source : folder.open(name)),
  };
  return (await openSafetensorsFolder(withIndex))!;
}

/** Bytes made of one byte of the file: a block of quantised weights grows eightfold, deflate gives 1,032 at most. */
const formats: readonly {
  readonly name: string;
  readonly open: (source: ByteSource) => Promise<{ readonly arrays: LazyArrays }>;
  readonly files: readonly Uint8Array[];
  readonly growth: number;
}[] = [
  {
    name: "safetensors",
    open: openSafetensors,
    files: [shard, writeSafetensors({}, { format: "pt" })],
    growth: 1,
  },
  { name: "index of shards", open: openIndex, files: [index], growth: 10 },
  {
    name: "npz",
    open: openNpz,
    files: [writeNpz(arrays), goldenBytes("numpy.npz"), goldenBytes("numpy-compressed.npz")],
    growth: 1032,
  },
  {
    name: "llama2.c",
    open: openLlama2c,
    files: [llama2cFile([8, 12, 2, 2, 1, 5, 3], 1052), llama2cFile([4, 4, 1, 1, 1, -2, 2], 148)],
    growth: 1,
  },
  {
    name: "GGUF",
    open: openGguf,
    files: [
      goldenBytes("mixed.gguf"),
      ggufFile({
        metadata: { a: "text", b: 1 },
        tensors: { w: { shape: [2, 2], data: new Float32Array(4) } },
      }),
    ],
    growth: 8,
  },
];

const change = fc.record({
  at: fc.nat(),
  bytes: fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 8 }),
    fc.constantFrom(..."{}[],:\"0129-e\\ '".split("")).map((text) => new TextEncoder().encode(text)),
    fc.constantFrom(
      [0],
      [255],
      [255, 255, 255, 255],
      [0, 0, 0, 128],
      [1, 0, 0, 0, 0, 0, 0, 0],
      Array(8).fill(255),
    ),
  ),
  how: fc.constantFrom("replace", "replace", "replace", "insert", "delete", "truncate"),
  /** Most of a file's rules stand near its ends. */
  near: fc.constantFrom("start", "start", "anywhere", "end"),
});

function changed(
  file: Uint8Array,
  changes: readonly (typeof change extends fc.Arbitrary<infer T> ? T : never)[],
) {
  const bytes = [...file];
  for (const { at, bytes: patch, how, near } of changes) {
    const within = near === "anywhere" ? bytes.length + 1 : Math.min(bytes.length + 1, 200);
    const place = near === "end" ? bytes.length - (at % within) : at % within;
    if (how === "truncate") bytes.length = Math.max(0, place);
    else bytes.splice(place, how === "insert" ? 0 : patch.length, ...(how === "delete" ? [] : patch));
  }
  return Uint8Array.from(bytes);
}

describe.each(formats)("$name", ({ open, files, growth }) => {
  it("is read as it is", async () => {
    for (const file of files) expect(await readsOrRefuses(open, file, file.length * growth)).toBe(true);
  });

  it("is read or refused when it is broken, and never fails in another way", async () => {
    let refused = 0;
    const before = heldBytes();
    const broken = fc.tuple(fc.constantFrom(...files), fc.array(change, { minLength: 1, maxLength: 4 }));
    await fc.assert(
      fc.asyncProperty(broken, async ([file, changes]) => {
        const bytes = changed(file, changes);
        if (!(await readsOrRefuses(open, bytes, (bytes.length + 100) * growth))) refused++;
      }),
      { numRuns: 500 * effort },
    );
    expect(refused).toBeGreaterThan(100 * effort);
    // What fast-check and the engine's compiled code keep, however many files there were.
    expect(heldBytes() - before).toBeLessThan(8e6);
  });

  it("is refused or read when it is nothing but noise", async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...files), fc.uint8Array({ maxLength: 200 }), async (file, noise) => {
        await readsOrRefuses(open, noise, 200 * growth);
        const behindMagic = Uint8Array.from([...file.subarray(0, 8), ...noise]);
        await readsOrRefuses(open, behindMagic, 300 * growth);
      }),
    );
  });
});
