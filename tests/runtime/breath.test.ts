import { afterEach, describe, expect, it, vi } from "vitest";
import { platform } from "../../src/platform/node.ts";
import { Breath } from "../../src/runtime/breath.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** A clock that is set by hand, and a count of the turns that the event loop was given. */
function watch() {
  const clock = { now: 0 };
  vi.spyOn(platform, "now").mockImplementation(() => clock.now);
  const breathe = vi.spyOn(platform, "breathe");
  return { clock, turns: () => breathe.mock.calls.length };
}

describe("Breath", () => {
  it("lets the event loop turn after 16 ms of work, not before", async () => {
    const { clock, turns } = watch();
    const breath = new Breath();
    clock.now = 15;
    await breath.take();
    expect(turns()).toBe(0);
    clock.now = 16;
    await breath.take();
    expect(turns()).toBe(1);
    clock.now = 31;
    await breath.take();
    expect(turns()).toBe(1);
  });

  it("gives timers their turn", async () => {
    const { clock } = watch();
    const breath = new Breath();
    let fired = false;
    setImmediate(() => {
      fired = true;
    });
    clock.now = 1000;
    await breath.take();
    expect(fired).toBe(true);
  });

  it("throws the signal's reason, also when it was aborted meanwhile", async () => {
    const { clock } = watch();
    const breath = new Breath();
    const controller = new AbortController();
    clock.now = 1000;
    setImmediate(() => controller.abort(new Error("enough")));
    await expect(breath.take(controller.signal)).rejects.toThrow("enough");
    await expect(breath.take(controller.signal)).rejects.toThrow("enough");
  });
});
