import { describe, expect, it } from "vitest";
import * as errors from "../../src/errors.ts";
import { packThrown, unpackThrown } from "../../src/worker/packedThrown.ts";

const across = (thrown: unknown) => unpackThrown(structuredClone(packThrown(thrown)));

const report = { asked: 2 ** 20, live: 2 ** 21, limit: 2 ** 21 };
/** One of each class; a new class is missed by its type. */
const examples = {
  ShapeError: new errors.ShapeError("matmul", "[m, k] and [k, n]", [2, 3], [4]),
  DTypeError: new errors.DTypeError("embedding", "i32", "f32"),
  ArgumentError: new errors.ArgumentError("dropout", "a rate below 1", 2),
  OutOfMemoryError: new errors.OutOfMemoryError(report),
  UseAfterFreeError: new errors.UseAfterFreeError("add", [2]),
  GraphFreedError: new errors.GraphFreedError("gelu"),
  StaleTensorError: new errors.StaleTensorError("gelu", [2]),
  RuntimeMismatchError: new errors.RuntimeMismatchError("add"),
  NonFiniteError: new errors.NonFiniteError("train", "the loss is NaN"),
  WorkerError: new errors.WorkerError("gemm", 1),
  JobError: new errors.JobError("the worker is gone", "connect again", new TypeError("why")),
  KernelsError: new errors.KernelsError(new RangeError("too much"), "allow it"),
  FormatError: new errors.FormatError("a.txt", "line 1", "no"),
} satisfies Record<keyof typeof errors, Error>;

describe("what is thrown, on the other side of a port", () => {
  it.each(Object.entries(examples))("%s is what it was", (name, error) => {
    const copy = across(error) as Error;
    expect(copy).not.toBe(error);
    expect(copy).toBeInstanceOf(error.constructor);
    expect(copy.name).toBe(name);
    expect([copy.name, copy.message, copy.stack]).toEqual([error.name, error.message, error.stack]);
    expect(Object.entries(copy)).toEqual(expect.arrayContaining(Object.entries(error)));
    expect(Object.prototype.toString.call(copy)).toBe("[object Error]");
  });

  it("keeps fields and causes", () => {
    expect((across(examples.OutOfMemoryError) as errors.OutOfMemoryError).report).toEqual(report);
    const { cause } = across(examples.KernelsError) as Error;
    expect(cause).toBeInstanceOf(RangeError);
    expect((cause as Error).message).toBe("too much");
  });

  it("keeps the language's own errors, and an aborted signal's reason", () => {
    expect(across(new TypeError("no function"))).toBeInstanceOf(TypeError);
    const reason = across(AbortSignal.abort().reason) as DOMException;
    expect(reason).toBeInstanceOf(DOMException);
    expect(reason.name).toBe("AbortError");
  });

  it("keeps name and fields of classes that it does not know", () => {
    class DiskFullError extends Error {
      override readonly name = "DiskFullError";
      readonly room = 12;
      readonly retry = () => {};
    }
    const copy = across(new DiskFullError("no room")) as Error & { room: number };
    expect(String(copy)).toBe("DiskFullError: no room");
    expect(copy.room).toBe(12);
    expect(copy).not.toHaveProperty("retry");
  });

  it.each([[undefined], [null], ["text"], [{ code: 7 }]])("passes %o on, which is no error", (value) => {
    expect(across(value)).toEqual(value);
  });

  it("tells of what cannot be copied", () => {
    expect(across(Symbol("s"))).toBe("Symbol(s)");
  });
});
