// `[Symbol.dispose]` below, for those who compile against our types with an older library of their own.
/// <reference lib="esnext.disposable" preserve="true" />
import { ArgumentError, OutOfMemoryError } from "../errors.ts";
import { Allocator, type Block } from "./allocator.ts";
import { type Backend, type BackendFactory, guarded, type KernelBuild, type KernelCalls } from "./backend.ts";
import type { Kernels, Ptr } from "./kernels/index.ts";
import { isPromiseLike, type Owner, owner, type Resource, Scope } from "./scope.ts";
import { Storage } from "./storage.ts";
import { Strays } from "./strays.ts";

export interface RuntimeOptions {
  readonly backend: BackendFactory;
  /** Bytes that tensors may take. */
  readonly maxMemory: number;
  /** The same bits on every machine, without fused multiply-add. Default false. */
  readonly deterministic?: boolean;
}

/** All sizes in bytes. */
export interface MemoryStats {
  /** Handles that are alive. */
  readonly liveTensors: number;
  readonly liveBytes: number;
  /** Taken from the machine; a wasm memory never shrinks, `reset()` gives it back. */
  readonly reservedBytes: number;
  readonly largestFreeBlock: number;
  /** The most that was live at once since the start or `resetPeak()`. */
  readonly peakBytes: number;
  /** Live handles that were born outside every scope. */
  readonly unscopedTensors: number;
}

/** Whoever wants to know which tensors are born, and which ones an op reads, writes and saves (checkpoint does). */
export interface Observer {
  born(tensor: object): void;
  read(tensor: object): void;
  write(op: string, tensor: object): void;
  saved(tensors: readonly object[]): void;
  /** Elements are reached without a kernel. */
  touched(): void;
}

/**
 * A linear memory, the kernels over it, and who owns what in it. Two runtimes share nothing.
 */
export class Runtime {
  readonly maxMemory: number;
  readonly deterministic: boolean;
  /** Whether ops record rules for backward. */
  recording = true;
  /** Whether every result of an op, and every gradient, is checked to be finite. */
  detectAnomaly = false;
  observer: Observer | null = null;
  readonly kernelCalls: KernelCalls = { count: 0, end: Number.POSITIVE_INFINITY };
  /** How many function transforms (`grad` and its kin) are recording: what an inner one gives, the outer ones differentiate. */
  transformDepth = 0;
  readonly #makeBackend: BackendFactory;
  #backend!: Backend;
  #allocator!: Allocator;
  #strays!: Strays;
  /** The innermost scope, or the strays outside every one. */
  #owner!: Owner;
  #liveTensors = 0;
  #generation = 0;
  #sequence = 0;
  #disposed = false;
  kernels!: Kernels;

  constructor({ backend, maxMemory, deterministic = false }: RuntimeOptions) {
    if (!(maxMemory > 0))
      throw new ArgumentError("createRuntime", "maxMemory of more than 0 bytes", maxMemory);
    this.maxMemory = Math.min(maxMemory, 2 ** 32 - 65536);
    this.deterministic = deterministic;
    this.#makeBackend = backend;
    this.#start();
  }

  /** Bytes of an element in memory: 4, or 8 on the f64 reference. */
  get slotBytes(): number {
    return this.floatType === "f64" ? 8 : 4;
  }

  get floatType(): "f32" | "f64" {
    return this.#backend.floatType;
  }

  get build(): KernelBuild {
    return this.#backend.build;
  }

  /** Threads that compute now: 1, or more with `threads` once the others have joined. The bits are the same for any number. */
  get threads(): number {
    return this.#backend.threads?.count ?? 1;
  }

  /** Resolves when everything that joins later (threads) has joined. */
  get ready(): Promise<void> {
    return this.#backend.threads?.ready() ?? Promise.resolve();
  }

  /**
   * Runs `task` for 0 … count-1, in any order and on any threads. A task does nothing but call kernels (they may run after it has returned,
   * but before this does), and reads nothing that another one writes. What it needs as scratch is lent around all of it.
   */
  independent(count: number, task: (index: number) => void): void {
    const { threads } = this.#backend;
    if (threads) threads.independent(count, task);
    else for (let i = 0; i < count; i++) task(i);
  }

  /** Memory for `size` elements, not cleared. Throws `OutOfMemoryError` and changes nothing where there is none. */
  allocate(size: number): Storage {
    const block = size === 0 ? null : this.#block(size * this.slotBytes);
    return new Storage(block, size, this.#allocator);
  }

  /** Throws `OutOfMemoryError` where `bytes` more cannot fit under the limit; allocates nothing. `what` says what for. */
  ensureRoom(bytes: number, what: string): void {
    const live = this.#allocator.stats().liveBytes;
    if (live + bytes > this.maxMemory)
      throw new OutOfMemoryError({ asked: bytes, live, limit: this.maxMemory, what });
  }

  /** Lends `elements` slots, not cleared, to `body`. */
  scratch(elements: number, body: (ptr: Ptr) => void): void {
    this.#lend(elements * this.slotBytes, (address) => body(address as Ptr));
  }

  /** The floats at ptr, for one statement: growing the memory detaches the array. */
  floats(ptr: Ptr, size: number): Float32Array | Float64Array {
    this.observer?.touched();
    const { buffer } = this.#backend.memory;
    return this.floatType === "f64"
      ? new Float64Array(buffer, ptr, size)
      : new Float32Array(buffer, ptr, size);
  }

  /** The i32 values at ptr, for one statement; exact doubles on the f64 reference. */
  ints(ptr: Ptr, size: number): Int32Array | Float64Array {
    this.observer?.touched();
    const { buffer } = this.#backend.memory;
    return this.floatType === "f64" ? new Float64Array(buffer, ptr, size) : new Int32Array(buffer, ptr, size);
  }

  /** Runs `body` and frees what was born in it, except what it returns (also inside arrays, objects, class fields) and what was kept. */
  scope<T>(body: () => T): T {
    const scope = new Scope(this.#owner);
    this.#owner = scope;
    let result: T | undefined;
    try {
      result = body();
      if (isPromiseLike(result)) {
        throw new ArgumentError(
          "scope",
          "a body that returns a value; no scope stays open across an await",
          result,
        );
      }
      return result;
    } finally {
      this.#owner = scope.outer;
      scope.close(result);
    }
  }

  /** Saves a resource from the innermost scope: it lives in the one around it. */
  keep<T extends Resource>(resource: T): T {
    if (this.#owner instanceof Scope) this.#owner.handOut(resource);
    return resource;
  }

  /** Gives a resource to the runtime: it lives until it is disposed of. */
  adopt<T extends Resource>(resource: T): T {
    leaveOwner(resource);
    return resource;
  }

  /** Whether the innermost scope would free the resource. */
  ownsHere(resource: Resource): boolean {
    return resource[owner] === this.#owner;
  }

  /** Notes the birth of a handle in the innermost scope. */
  born(resource: Resource): void {
    this.#liveTensors++;
    this.#owner.add(resource);
    this.observer?.born(resource);
  }

  /** Notes the end of a handle. */
  died(resource: Resource): void {
    this.#liveTensors--;
    leaveOwner(resource);
  }

  /** Notes the end of a handle that nobody can leave an owner for: it was collected as garbage. */
  collected(): void {
    this.#liveTensors--;
  }

  /** Changes with every `reset()`, so that handles from before it are known to be dead. */
  get generation(): number {
    return this.#generation;
  }

  /** A number larger than all before: graph nodes are ordered by it. */
  nextSequence(): number {
    return ++this.#sequence;
  }

  /** Runs `body` with recording for backward on or off. */
  withRecording<T>(recording: boolean, body: () => T): T {
    const before = this.recording;
    this.recording = recording;
    try {
      return body();
    } finally {
      this.recording = before;
    }
  }

  memoryStats(): MemoryStats {
    return {
      ...this.#allocator.stats(),
      liveTensors: this.#liveTensors,
      unscopedTensors: this.#strays.count,
    };
  }

  resetPeak(): void {
    this.#allocator.resetPeak();
  }

  /** Forgets every tensor and gives the memory back to the machine; the runtime can be used again. */
  reset(): void {
    this.#start();
  }

  /** Forgets every tensor, ends the threads and gives the memory back for good. */
  dispose(): void {
    this.#disposed = true;
    this.reset();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #start(): void {
    this.#generation++;
    this.#backend?.threads?.end();
    this.#backend = this.#makeBackend({
      deterministic: this.deterministic,
      disposed: this.#disposed,
      lend: (bytes, body) => this.#lend(bytes, body),
    });
    this.#allocator = new Allocator(this.#backend.memory, this.maxMemory);
    this.kernels = guarded(this.#backend.kernels, this.kernelCalls);
    this.#liveTensors = 0;
    this.#strays = new Strays(this.maxMemory);
    this.#owner = this.#strays;
  }

  #lend(bytes: number, body: (address: number) => void): void {
    const allocator = this.#allocator;
    const block = this.#block(bytes);
    try {
      body(block.address);
    } finally {
      allocator.release(block);
    }
  }

  #block(bytes: number): Block {
    if (this.#disposed)
      throw new ArgumentError("allocate", "a runtime that was not disposed of", "a disposed one");
    const block = this.#allocator.allocate(bytes);
    if (block !== null) return block;
    throw new OutOfMemoryError({
      asked: bytes,
      live: this.#allocator.stats().liveBytes,
      limit: this.maxMemory,
      unscopedTensors: this.#strays.count,
      unscopedBytes: this.#strays.bytes,
    });
  }
}

function leaveOwner(resource: Resource): void {
  resource[owner]?.remove(resource);
}
