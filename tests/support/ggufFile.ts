/** GGUF files for tests, true or not. */
export class GgufBytes {
  readonly #parts: Buffer[] = [];

  u32(value: number): this {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return this.raw(bytes);
  }

  u64(value: number | bigint): this {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    return this.raw(bytes);
  }

  f32(value: number): this {
    const bytes = Buffer.alloc(4);
    bytes.writeFloatLE(value);
    return this.raw(bytes);
  }

  string(text: string | Uint8Array): this {
    const bytes = Buffer.from(text as string);
    return this.u64(bytes.length).raw(bytes);
  }

  raw(bytes: Uint8Array): this {
    this.#parts.push(Buffer.from(bytes));
    return this;
  }

  /** Magic, version and counts. */
  start(tensors: number | bigint, pairs: number | bigint, version = 3): this {
    return this.raw(Buffer.from("GGUF")).u32(version).u64(tensors).u64(pairs);
  }

  /** A tensor's description; sizes innermost first. */
  tensor(name: string, sizes: readonly (number | bigint)[], type: number, offset: number | bigint): this {
    this.string(name).u32(sizes.length);
    for (const size of sizes) this.u64(size);
    return this.u32(type).u64(offset);
  }

  /** Fills up to the alignment. */
  pad(alignment = 32): this {
    const length = this.bytes().length;
    return this.raw(new Uint8Array((alignment - (length % alignment)) % alignment));
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(Buffer.concat(this.#parts));
  }
}

export type GgufEntry = string | number | readonly string[] | Float32Array | Int32Array;

export interface GgufContent {
  readonly metadata: Readonly<Record<string, GgufEntry>>;
  readonly tensors: Readonly<
    Record<string, { readonly shape: readonly number[]; readonly data: Float32Array }>
  >;
}

/** A file of f32 tensors; whole numbers of the metadata are u32, others f32. */
export function ggufFile({ metadata, tensors }: GgufContent): Uint8Array<ArrayBuffer> {
  const file = new GgufBytes().start(Object.keys(tensors).length, Object.keys(metadata).length);
  for (const [key, value] of Object.entries(metadata)) {
    file.string(key);
    writeValue(file, value);
  }
  let offset = 0;
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    file.tensor(name, [...shape].reverse(), 0, offset);
    offset = Math.ceil((offset + data.byteLength) / 32) * 32;
  }
  file.pad();
  for (const { data } of Object.values(tensors))
    file.raw(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)).pad();
  return file.bytes();
}

function writeValue(file: GgufBytes, value: GgufEntry): void {
  if (typeof value === "string") file.u32(8).string(value);
  else if (typeof value === "number") {
    if (Number.isInteger(value)) file.u32(4).u32(value);
    else file.u32(6).f32(value);
  } else if (ArrayBuffer.isView(value)) {
    file
      .u32(9)
      .u32(value instanceof Float32Array ? 6 : 5)
      .u64(value.length);
    file.raw(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  } else {
    file.u32(9).u32(8).u64(value.length);
    for (const text of value) file.string(text);
  }
}
