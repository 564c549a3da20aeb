import { describe, expect, it } from "vitest";
import { ArgumentError } from "../../src/errors.ts";
import { checkNamedArray, elementCount, type NamedArray, namedArray } from "../../src/io/namedArrays.ts";

describe("elementCount", () => {
  it("multiplies the sizes; a scalar has one element", () => {
    expect(elementCount([2, 3, 4])).toBe(24);
    expect(elementCount([])).toBe(1);
    expect(elementCount([5, 0, 2])).toBe(0);
  });

  it("has no answer for sizes that no file can mean, in whatever order they stand", () => {
    const huge = 2 ** 52;
    for (const shape of [[huge, huge], [0, huge, huge], [huge, huge, 0], [-1], [1.5], [2 ** 53]]) {
      expect(elementCount(shape)).toBeNull();
    }
  });
});

describe("namedArray", () => {
  const file = new Uint8Array([9, 9, 9, 9, 0, 0, 128, 63, 0, 0, 0, 64]);

  it("is a view where the elements are aligned", () => {
    const { data } = namedArray("f32", [2], file.subarray(4));
    expect(data).toEqual(new Float32Array([1, 2]));
    expect(data.buffer).toBe(file.buffer);
  });

  it("is a copy where they are not", () => {
    const shifted = new Uint8Array(13);
    shifted.set(file, 1);
    const { data } = namedArray("f32", [2], shifted.subarray(5));
    expect(data).toEqual(new Float32Array([1, 2]));
    expect(data.buffer).not.toBe(shifted.buffer);
  });
});

describe("checkNamedArray", () => {
  it.each([
    [{ dtype: "f32", shape: [3], data: new Float32Array(2) }, "a shape of 2 elements"],
    [{ dtype: "f32", shape: [2], data: new Float64Array(2) }, "a Float32Array"],
    [{ dtype: "toString", shape: [2], data: new Float64Array(2) }, "a known dtype"],
  ])("refuses what does not agree: %j", (array, message) => {
    const check = () => checkNamedArray("save", "weight", array as NamedArray);
    expect(check).toThrow(ArgumentError);
    expect(check).toThrow(`save: wanted ${message} for "weight"`);
  });

  it("takes what does", () => {
    checkNamedArray("save", "weight", { dtype: "bf16", shape: [1, 2], data: new Uint16Array(2) });
  });
});
