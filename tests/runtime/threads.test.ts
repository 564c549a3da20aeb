import { describe, expect, it } from "vitest";
import { add, gelu, matmul } from "../../src/ops/index.ts";
import { Random } from "../../src/random.ts";
import { createRuntime, withRuntime } from "../../src/runtime/default.ts";
import { randomNormal } from "../../src/tensor/create.ts";
import { threads } from "../../src/threads/index.ts";

describe("threads", () => {
  it("work", async () => {
    const runtime = createRuntime({ threads: threads(3) });
    await runtime.ready;
    expect(runtime.threads).toBe(3);
    const run = () =>
      gelu(
        add(
          matmul(
            randomNormal([300, 300], { random: new Random(1) }),
            randomNormal([300, 200], { random: new Random(2) }),
          ),
          1,
        ),
      ).toTypedArray();
    const got = withRuntime(runtime, () => runtime.scope(run));
    const plain = createRuntime();
    expect(got).toEqual(withRuntime(plain, () => plain.scope(run)));
    runtime.dispose();
  });
});
