import type * as typedErrors from "../errors.ts";
import {
  ArgumentError,
  DTypeError,
  FormatError,
  GraphFreedError,
  JobError,
  KernelsError,
  NonFiniteError,
  OutOfMemoryError,
  RuntimeMismatchError,
  ShapeError,
  StaleTensorError,
  UseAfterFreeError,
  WorkerError,
} from "../errors.ts";

/** Whatever was thrown, as structured cloning can copy it: it keeps no classes, and of some errors no fields. */
export type PackedThrown = { readonly value: unknown } | { readonly error: PackedError };

interface PackedError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Of the platform, as an aborted signal's reason is. */
  readonly isDomException: boolean;
  readonly cause?: PackedThrown;
  /** Own fields beside these, as far as they can be copied. */
  readonly fields: Readonly<Record<string, unknown>>;
}

type ErrorClass = abstract new (...args: never[]) => Error;

/** Of the library: a list, and not the whole namespace, which bundlers would keep for programs without a worker. */
const typed = {
  ArgumentError,
  DTypeError,
  FormatError,
  GraphFreedError,
  JobError,
  KernelsError,
  NonFiniteError,
  OutOfMemoryError,
  RuntimeMismatchError,
  ShapeError,
  StaleTensorError,
  UseAfterFreeError,
  WorkerError,
} satisfies Record<keyof typeof typedErrors, ErrorClass>;

/** The classes that arrive as what they were. An error of any other keeps its name, message, stack and fields. */
const classes: Readonly<Record<string, ErrorClass>> = {
  ...typed,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
};

/** Own fields that are packed by themselves. */
const COMMON = ["message", "stack", "cause"];

export function packThrown(thrown: unknown): PackedThrown {
  if (!(thrown instanceof Error)) return { value: isCloneable(thrown) ? thrown : String(thrown) };
  const { name, message, stack } = thrown;
  const fields = Object.entries(thrown).filter(
    ([field, value]) => !COMMON.includes(field) && isCloneable(value),
  );
  return {
    error: {
      name,
      message,
      stack,
      isDomException: thrown instanceof DOMException,
      ...(Object.hasOwn(thrown, "cause") ? { cause: packThrown(thrown.cause) } : {}),
      fields: Object.fromEntries(fields),
    },
  };
}

export function unpackThrown(packed: PackedThrown): unknown {
  if ("value" in packed) return packed.value;
  const { name, message, stack, isDomException, cause, fields } = packed.error;
  if (isDomException) return new DOMException(message, name);
  const error = new Error(message, cause ? { cause: unpackThrown(cause) } : undefined);
  if (Object.hasOwn(classes, name)) Object.setPrototypeOf(error, classes[name]!.prototype);
  const hidden = { configurable: true, writable: true, enumerable: false };
  Object.defineProperty(error, "stack", { ...hidden, value: stack });
  Object.assign(error, fields);
  return error.name === name ? error : Object.defineProperty(error, "name", { ...hidden, value: name });
}

function isCloneable(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}
