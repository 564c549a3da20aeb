import fc from "fast-check";
import { expect, it } from "vitest";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { type Owner, owner, type Resource } from "../../src/runtime/scope.ts";
import { exactRuntime } from "../support/runtimes.ts";
import { effort } from "../support/seed.ts";

/** A resource that knows only whether it was freed, and how deep the scope is that should free it. */
class Thing implements Resource {
  [owner]: Owner | null = null;
  readonly byteLength = 1;
  freed = false;
  /** What the model says. */
  shouldBeFreed = false;
  /** Null: nobody frees it. */
  depth: number | null;
  readonly #runtime: Runtime;

  constructor(runtime: Runtime, depth: number) {
    this.#runtime = runtime;
    this.depth = depth;
    runtime.born(this);
  }

  lifeline() {
    return { release: () => {} };
  }

  dispose(): void {
    if (this.freed) return;
    this.freed = true;
    this.#runtime.died(this);
  }
}

/** What a program does; numbers choose among the things made so far. */
type Action =
  | { readonly kind: "make" | "dispose" | "keep" | "adopt"; readonly which: number }
  | { readonly kind: "scope"; readonly body: readonly Action[]; readonly returned: readonly number[] };

const which = fc.nat({ max: 1000 });
const { program } = fc.letrec<{ program: readonly Action[] }>((tie) => ({
  program: fc.array(
    fc.oneof(
      { maxDepth: 4, depthSize: "small" },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant("make" as const), which }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("dispose", "keep", "adopt"), which }) },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant("scope" as const),
          body: tie("program"),
          returned: fc.array(which, { maxLength: 3 }),
        }),
      },
    ) as fc.Arbitrary<Action>,
    { maxLength: 30 },
  ),
}));

/** Runs a program on a runtime and on the plain model beside it: each thing's depth. */
class Run {
  readonly things: Thing[] = [];
  readonly #runtime: Runtime;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  all(actions: readonly Action[], depth: number): void {
    for (const action of actions) this.#one(action, depth);
  }

  #one(action: Action, depth: number): void {
    if (action.kind === "scope") {
      this.#scope(action.body, action.returned, depth + 1);
    } else if (action.kind === "make") {
      this.things.push(new Thing(this.#runtime, depth));
    } else if (this.things.length > 0) {
      const thing = this.things[action.which % this.things.length]!;
      if (action.kind === "dispose") {
        thing.dispose();
        thing.shouldBeFreed = true;
      }
      if (thing.freed) return;
      if (action.kind === "keep") {
        this.#runtime.keep(thing);
        if (depth > 0 && thing.depth === depth) thing.depth = depth - 1;
      } else if (action.kind === "adopt") {
        this.#runtime.adopt(thing);
        thing.depth = null;
      }
    }
  }

  #scope(body: readonly Action[], returned: readonly number[], depth: number): void {
    const result = this.#runtime.scope(() => {
      this.all(body, depth);
      return { found: returned.flatMap((i) => this.things[i % Math.max(1, this.things.length)] ?? []) };
    });
    for (const thing of result.found) if (!thing.freed && thing.depth === depth) thing.depth = depth - 1;
    for (const thing of this.things)
      if (thing.depth !== null && thing.depth >= depth) thing.shouldBeFreed = true;
    expect(this.things.filter(({ freed, shouldBeFreed }) => freed !== shouldBeFreed)).toEqual([]);
    expect(this.#runtime.memoryStats().liveTensors).toBe(this.things.filter(({ freed }) => !freed).length);
  }
}

it("scopes free what a plain list of depths says, whatever is disposed of, kept, adopted or returned", () => {
  const property = fc.property(program, (actions) => {
    const runtime = exactRuntime();
    const run = new Run(runtime);
    run.all([{ kind: "scope", body: actions, returned: [0] }], 0);
    const alive = run.things.filter(({ freed }) => !freed);
    expect(alive.every(({ depth }) => depth === null || depth === 0)).toBe(true);
    expect(runtime.memoryStats().unscopedTensors).toBe(alive.filter(({ depth }) => depth === 0).length);
    for (const thing of alive) thing.dispose();
    expect(runtime.memoryStats()).toMatchObject({ liveTensors: 0, unscopedTensors: 0 });
    runtime.dispose();
  });
  fc.assert(property, { numRuns: 150 * effort });
});
