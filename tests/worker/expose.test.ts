import { expect, it } from "vitest";
import { ArgumentError } from "../../src/errors.ts";
import { expose } from "../../src/worker/index.ts";
import { counting } from "./support/together.ts";

it("refuses to begin where there is no page", () => {
  expect(() => expose(counting([]), null)).toThrow(ArgumentError);
  expect(() => expose(counting([]), null)).toThrow("in a worker");
});

/** A worker of the web, as far as its scope is a port. */
class WebScope {
  readonly sent: unknown[] = [];
  readonly listeners: ((event: Event & { data?: unknown }) => void)[] = [];
  postMessage(message: unknown): void {
    this.sent.push(message);
  }
  addEventListener(type: string, listener: (event: Event & { data?: unknown }) => void): void {
    if (type === "message") this.listeners.push(listener);
  }
}

it("gives the job back, and says that it is ready, also to a page that comes later", () => {
  const scope = new WebScope();
  const job = counting([]);
  expect(expose(job, scope)).toBe(job);
  const ready = { kind: "ready", protocol: "lanegrad/worker 1" };
  expect(scope.sent).toEqual([ready]);
  const hello = new MessageEvent("message", { data: { kind: "hello", protocol: "lanegrad/worker 1" } });
  for (const listener of scope.listeners) listener(hello);
  expect(scope.sent).toEqual([ready, ready]);
});
