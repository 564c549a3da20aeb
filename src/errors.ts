/** Sizes of axes, as in shape.ts, which throws these errors. */
type Shape = readonly number[];

const listed = (shapes: readonly Shape[]) => shapes.map((shape) => `[${shape.join(", ")}]`).join(" and ");

function shown(value: unknown): string {
  if (typeof value === "string")
    return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  if (Array.isArray(value)) return `[${value.map(shown).join(", ")}]`;
  if (typeof value === "function") return `the function ${value.name || "(unnamed)"}`;
  if (typeof value === "object" && value !== null)
    return `an object (${value.constructor?.name ?? "no class"})`;
  return String(value);
}

/** Shapes that do not fit an operation. */
export class ShapeError extends Error {
  override readonly name = "ShapeError";
  constructor(op: string, wanted: string, ...got: readonly Shape[]) {
    super(`${op}: wanted ${wanted}, got ${listed(got)}`);
  }
}

/** A tensor of the wrong element type. */
export class DTypeError extends Error {
  override readonly name = "DTypeError";
  constructor(op: string, wanted: string, ...got: readonly string[]) {
    super(`${op}: wanted ${wanted}, got ${got.join(" and ")}`);
  }
}

/** Any other argument out of its range. `got` is shown as it came. */
export class ArgumentError extends Error {
  override readonly name = "ArgumentError";
  constructor(where: string, wanted: string, got: unknown) {
    super(`${where}: wanted ${wanted}, got ${shown(got)}`);
  }
}

const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

/** What is known when memory runs out. All sizes in bytes. */
export interface OutOfMemoryReport {
  readonly asked: number;
  readonly live: number;
  readonly limit: number;
  /** Tensors that were born outside every scope and are still alive. */
  readonly unscopedTensors?: number;
  readonly unscopedBytes?: number;
  readonly what?: string;
}

/** No room for a tensor, or for a model by its estimate. Nothing was allocated, and the runtime goes on working. */
export class OutOfMemoryError extends Error {
  override readonly name = "OutOfMemoryError";
  readonly report: OutOfMemoryReport;
  constructor(report: OutOfMemoryReport) {
    const { asked, live, limit, unscopedTensors = 0, unscopedBytes = 0, what = "a tensor" } = report;
    const strays =
      unscopedTensors > 0
        ? `; ${unscopedTensors} live tensors of ${mebibytes(unscopedBytes)} were made outside any scope: wrap the work in scope(() => …)`
        : "";
    super(
      `out of memory: ${what} needs ${mebibytes(asked)}, ${mebibytes(live)} are live and the limit is ${mebibytes(limit)}` +
        `${strays}; free tensors, make the batch or the model smaller, or raise maxMemory`,
    );
    this.report = report;
  }
}

/** A tensor was touched after it was disposed of or its scope ended. */
export class UseAfterFreeError extends Error {
  override readonly name = "UseAfterFreeError";
  constructor(op: string, shape: Shape, remedy = "return it from the scope or keep() it") {
    super(`${op}: a tensor of shape ${listed([shape])} was already freed; ${remedy}`);
  }
}

/** A second backward over a graph whose saved tensors the first one let go. */
export class GraphFreedError extends Error {
  override readonly name = "GraphFreedError";
  constructor(op: string) {
    super(`backward: the graph was already freed at ${op}; pass retainGraph: true to the first backward`);
  }
}

/** A tensor that backward needs was written after the forward pass. */
export class StaleTensorError extends Error {
  override readonly name = "StaleTensorError";
  constructor(op: string, shape: Shape) {
    super(
      `backward of ${op}: a tensor of shape ${listed([shape])} that it needs was written since the forward pass; ` +
        "run backward before the write (an optimizer step, assign), or clone() the tensor first",
    );
  }
}

/** Tensors of two runtimes in one operation. */
export class RuntimeMismatchError extends Error {
  override readonly name = "RuntimeMismatchError";
  constructor(op: string) {
    super(
      `${op}: wanted tensors of one runtime, got tensors of two; copy one over with tensor(x.toTypedArray(), …)`,
    );
  }
}

/** A value that is infinite or NaN where training or an operation cannot go on. */
export class NonFiniteError extends Error {
  override readonly name = "NonFiniteError";
  constructor(where: string, what: string) {
    super(`${where}: ${what}`);
  }
}

/** A worker thread died while it computed. What was being written is of no use; the next step runs on the other threads. */
export class WorkerError extends Error {
  override readonly name = "WorkerError";
  constructor(kernel: string, threadsLeft: number) {
    super(
      `${kernel}: a worker thread died in the middle of it, its result is incomplete; take the step again, ` +
        `from the last checkpoint if it was an update; ${threadsLeft === 1 ? "1 thread goes" : `${threadsLeft} threads go`} on`,
    );
  }
}

/** A job in a worker that cannot go on or cannot answer: the worker failed or was closed, or the job has ended. */
export class JobError extends Error {
  override readonly name = "JobError";
  constructor(what: string, remedy: string, cause?: unknown) {
    super(`${what}; ${remedy}`, cause === undefined ? undefined : { cause });
  }
}

/** The compiled kernels cannot be had: an engine, a page's policy or a bundler stands in the way. */
export class KernelsError extends Error {
  override readonly name = "KernelsError";
  constructor(cause: unknown, remedy: string) {
    super(`lanegrad cannot load its WebAssembly kernels (${cause}); ${remedy}`, { cause });
  }
}

/** Bytes or text that break the rules of their format. */
export class FormatError extends Error {
  override readonly name = "FormatError";
  constructor(file: string, place: string, rule: string) {
    super(`${file}: ${place}: ${rule}`);
  }
}
