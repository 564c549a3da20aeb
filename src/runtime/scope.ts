import { walk } from "../walk.ts";

/** Key under which a resource holds who frees it. A symbol, so that it is no field of the public class. */
export const owner = Symbol("owner");

/** What is left to release when a handle was collected as garbage: it must not refer to the handle. */
export interface Lifeline {
  release(): void;
}

/** Something that a scope frees: a tensor handle. */
export interface Resource {
  /** Who frees it; null: nobody but `dispose`. */
  [owner]: Owner | null;
  readonly byteLength: number;
  lifeline(): Lifeline;
  dispose(): void;
}

export interface Owner {
  add(resource: Resource): void;
  remove(resource: Resource): void;
}

export function isResource(value: unknown): value is Resource {
  return typeof value === "object" && value !== null && owner in value;
}

/** What was born between its opening and its closing, less what was disposed of or handed out meanwhile. */
export class Scope implements Owner {
  readonly outer: Owner;
  readonly #born = new Set<Resource>();

  constructor(outer: Owner) {
    this.outer = outer;
  }

  add(resource: Resource): void {
    resource[owner] = this;
    this.#born.add(resource);
  }

  remove(resource: Resource): void {
    this.#born.delete(resource);
  }

  /** Hands a resource of this scope to the one around it. */
  handOut(resource: Resource): void {
    if (resource[owner] !== this) return;
    this.#born.delete(resource);
    this.outer.add(resource);
  }

  /** Hands out every resource found in `result` (arrays, plain objects, class fields) and frees the rest. */
  close(result: unknown): void {
    if (this.#born.size === 0) return;
    if (typeof result === "object" && result !== null) {
      walk(result, isResource, (resource) => this.handOut(resource));
    }
    for (const resource of this.#born) resource.dispose();
    this.#born.clear();
  }
}

/** The value of a scope's body that returned a promise: a type error, and a run-time error for callers without types. */
export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function"
  );
}
