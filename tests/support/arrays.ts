import fc from "fast-check";
import { type ElementType, elementBytes, type NamedArray, namedArray } from "../../src/io/namedArrays.ts";

const types: readonly ElementType[] = ["f32", "f64", "f16", "bf16", "i32", "i64", "u8", "i8", "bool"];

/** Arrays of every type but some, of any shape and any bits. */
export function anyArray(without: readonly ElementType[] = []): fc.Arbitrary<NamedArray> {
  const type = fc.constantFrom(...types.filter((type) => !without.includes(type)));
  return fc.record({ type, shape: fc.array(fc.nat(4), { maxLength: 3 }) }).chain(({ type, shape }) => {
    const length = shape.reduce((a, b) => a * b, 1) * elementBytes(type);
    return fc
      .uint8Array({ minLength: length, maxLength: length, max: type === "bool" ? 1 : 255 })
      .map((bytes) => namedArray(type, shape, bytes));
  });
}

/** Names without half surrogates; JavaScript's own property names are among them. */
export const anyName = fc.oneof(
  fc.string(),
  fc.string({ unit: fc.constantFrom("é", "日", "😀", "\0", "/", "\\", '"') }),
  fc.constantFrom("__proto__", "constructor", "toString", "0"),
);

/** An array as a text that two arrays share only where all their bits are equal, those of NaNs too. */
export function describeArray({ dtype, shape, data }: NamedArray): string {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return `${dtype} [${shape}] ${bytes.join(" ")}`;
}
