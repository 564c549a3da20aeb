import { afterEach, describe, expect, it, vi } from "vitest";
import { watchInterrupt } from "../../src/cli/interrupt.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

function watch() {
  const clock = { now: 1000 };
  vi.spyOn(performance, "now").mockImplementation(() => clock.now);
  const exit = vi.spyOn(process, "exit").mockImplementation((() => undefined) as never);
  const cleanUp = vi.fn();
  const interrupt = watchInterrupt(cleanUp);
  return { clock, exit, cleanUp, interrupt };
}

describe("watchInterrupt", () => {
  it("asks at the first Ctrl-C and ends the process at the second", () => {
    const { clock, exit, cleanUp, interrupt } = watch();
    expect(interrupt.asked).toBe(false);
    process.emit("SIGINT");
    expect(interrupt.asked).toBe(true);
    expect(exit).not.toHaveBeenCalled();
    clock.now += 1000;
    process.emit("SIGINT");
    expect(cleanUp).toHaveBeenCalledOnce();
    expect(exit).toHaveBeenCalledExactlyOnceWith(130);
    interrupt.stop();
  });

  it("takes for one press what npm passes on of it", () => {
    const { clock, exit, interrupt } = watch();
    process.emit("SIGINT");
    clock.now += 20;
    process.emit("SIGINT");
    expect(exit).not.toHaveBeenCalled();
    interrupt.stop();
  });

  it("stops listening", () => {
    const { interrupt } = watch();
    const before = process.listenerCount("SIGINT");
    interrupt.stop();
    expect(process.listenerCount("SIGINT")).toBe(before - 1);
  });
});
