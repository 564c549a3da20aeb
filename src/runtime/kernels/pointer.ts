declare const pointerBrand: unique symbol;

/**
 * The address of a tensor's first slot in linear memory. Opaque outside kernels: nobody adds to one, offsets
 * are separate arguments in elements. 0 means absent: an optional operand left out, or the storage of an
 * empty tensor.
 */
export type Ptr = number & { readonly [pointerBrand]: true };

/** An operand that is not there. */
export const ABSENT = 0 as Ptr;

/** Bytes at the start of memory that belong to no tensor: address 0 means absent, and core.wasm keeps constants behind it. */
export const RESERVED_BYTES = 256;
