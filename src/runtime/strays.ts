import { type Lifeline, type Owner, owner, type Resource } from "./scope.ts";

/** Share of the memory limit at which unscoped tensors call for a warning. */
const WARNING_SHARE = 0.5;

/**
 * Owner of what is born outside every scope. The garbage collector picks it up some time, where there is a
 * FinalizationRegistry; never inside a synchronous loop, and it sees only small objects, however large the
 * tensors. So it counts, and warns once.
 */
export class Strays implements Owner {
  count = 0;
  bytes = 0;
  readonly #limit: number;
  readonly #registry: FinalizationRegistry<{ lifeline: Lifeline; bytes: number }> | null;
  #warned = false;

  constructor(limit: number) {
    this.#limit = limit;
    this.#registry =
      typeof FinalizationRegistry === "undefined"
        ? null
        : new FinalizationRegistry(({ lifeline, bytes }) => {
            this.#forget(bytes);
            lifeline.release();
          });
  }

  add(resource: Resource): void {
    const bytes = resource.byteLength;
    resource[owner] = this;
    this.count++;
    this.bytes += bytes;
    this.#registry?.register(resource, { lifeline: resource.lifeline(), bytes }, resource);
    if (this.bytes > this.#limit * WARNING_SHARE && !this.#warned) this.#warn();
  }

  remove(resource: Resource): void {
    resource[owner] = null;
    this.#registry?.unregister(resource);
    this.#forget(resource.byteLength);
  }

  #forget(bytes: number): void {
    this.count--;
    this.bytes -= bytes;
  }

  #warn(): void {
    this.#warned = true;
    console.warn(
      `lanegrad: ${this.count} tensors (${(this.bytes / 2 ** 20).toFixed(0)} MiB) live outside any scope, ` +
        "and nothing frees them in a synchronous loop. Wrap each step in scope(() => …), or use optimizer.minimize or train.",
    );
  }
}
