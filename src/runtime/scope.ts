import { walk } from "../walk.ts";

/** Key under which a resource holds who frees it. A symbol, so that it is no field of the public class. */
export const owner = Symbol("owner");

/** What is left to release when a handle was collected as garbage: it must not refer to the handle. */
export interface Lifeline {
  release(): void;
}

/** Something that a scope frees: a tensor handle. */
export interface Resource {
  /** Who frees it; null: nobody but `dispose`. Set by owners alone. */
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

/** Places in the list of a scope from which on those that are empty are looked for. */
const ROOMY = 64;

/** What was born between its opening and its closing, less what was disposed of or handed out meanwhile. */
export class Scope implements Owner {
  readonly outer: Owner;
  /**
   * In the order of birth. One whose owner is another by now has left: a list is several times faster than
   * a set.
   */
  #born: Resource[] = [];
  #left = 0;

  constructor(outer: Owner) {
    this.outer = outer;
  }

  add(resource: Resource): void {
    resource[owner] = this;
    if (this.#born.length >= ROOMY && 2 * this.#left > this.#born.length) this.#closeRanks();
    this.#born.push(resource);
  }

  remove(resource: Resource): void {
    resource[owner] = null;
    this.#left++;
  }

  /** Hands a resource of this scope to the one around it. */
  handOut(resource: Resource): void {
    if (resource[owner] !== this) return;
    this.#left++;
    this.outer.add(resource);
  }

  /** Hands out every resource found in `result` (arrays, plain objects, class fields) and frees the rest. */
  close(result: unknown): void {
    if (this.#born.length === this.#left) return;
    if (isResource(result)) this.handOut(result);
    else if (typeof result === "object" && result !== null) {
      walk(result, isResource, (resource) => this.handOut(resource));
    }
    for (const resource of this.#born) if (resource[owner] === this) resource.dispose();
    this.#born = [];
  }

  /** Forgets who has left, so that a long scope's list does not grow with the dead. */
  #closeRanks(): void {
    this.#born = this.#born.filter((resource) => resource[owner] === this);
    this.#left = 0;
  }
}

/**
 * The value of a scope's body that returned a promise: a type error, and a run-time error for callers
 * without types.
 */
export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function"
  );
}
