import { ArgumentError } from "../errors.ts";

/**
 * How each element type of a file is held in JavaScript. f16 and bf16 stay as their raw 16 bits; a bool is a
 * byte, 0 or 1.
 */
export interface ArrayTypes {
  f32: Float32Array;
  f64: Float64Array;
  f16: Uint16Array;
  bf16: Uint16Array;
  i32: Int32Array;
  i64: BigInt64Array;
  u8: Uint8Array;
  i8: Int8Array;
  bool: Uint8Array;
}

export type ElementType = keyof ArrayTypes;

/** What a file format knows of a tensor: its elements, row-major, without a runtime. */
export type NamedArray = {
  [T in ElementType]: { readonly dtype: T; readonly shape: readonly number[]; readonly data: ArrayTypes[T] };
}[ElementType];

interface ArrayClass<A> {
  readonly name: string;
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): A;
}

const arrayClasses: { readonly [T in ElementType]: ArrayClass<ArrayTypes[T]> } = {
  f32: Float32Array,
  f64: Float64Array,
  f16: Uint16Array,
  bf16: Uint16Array,
  i32: Int32Array,
  i64: BigInt64Array,
  u8: Uint8Array,
  i8: Int8Array,
  bool: Uint8Array,
};

export const elementBytes = (type: ElementType): number => arrayClasses[type].BYTES_PER_ELEMENT;

/**
 * How many elements a shape has, or null where that is no number a file can mean: a size that is not a
 * natural number, or a product past 2^53. The sizes that are not zero must fit by themselves, so that the
 * order of the axes does not matter: [0, 2^52, 2^52] is refused like [2^52, 2^52, 0].
 */
export function elementCount(shape: readonly number[]): number | null {
  let nonZero = 1;
  let empty = false;
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) return null;
    if (size === 0) empty = true;
    else nonZero *= size;
    if (nonZero > Number.MAX_SAFE_INTEGER) return null;
  }
  return empty ? 0 : nonZero;
}

/**
 * The elements of one tensor in the bytes of a file: a view where the processor can read them in place, a
 * copy where their address is no multiple of their size. `shape` must hold as many elements as `bytes` has.
 */
export function namedArray(type: ElementType, shape: readonly number[], bytes: Uint8Array): NamedArray {
  const ArrayClass = arrayClasses[type];
  // Not slice(): that of Node's Buffer copies nothing.
  const aligned = bytes.byteOffset % ArrayClass.BYTES_PER_ELEMENT === 0 ? bytes : new Uint8Array(bytes);
  const length = bytes.byteLength / ArrayClass.BYTES_PER_ELEMENT;
  const data = new ArrayClass(aligned.buffer, aligned.byteOffset, length);
  return { dtype: type, shape, data } as NamedArray;
}

/** Refuses an array whose type, shape and data do not agree. */
export function checkNamedArray(where: string, name: string, array: NamedArray): void {
  const { dtype, shape, data } = array;
  if (!Object.hasOwn(arrayClasses, dtype)) {
    throw new ArgumentError(where, `a known dtype for ${JSON.stringify(name)}`, dtype);
  }
  const className = arrayClasses[dtype].name;
  if (data[Symbol.toStringTag] !== className) {
    throw new ArgumentError(where, `a ${className} for ${JSON.stringify(name)} of dtype ${dtype}`, data);
  }
  if (elementCount(shape) !== data.length) {
    const wanted = `a shape of ${data.length} elements for ${JSON.stringify(name)}`;
    throw new ArgumentError(where, wanted, [...shape]);
  }
}
