/** Numbers of sections in the binary format, and of kinds of imports and exports. */
export const SECTION = { import: 2, table: 4, global: 6, export: 7, start: 8, data: 11 } as const;
export const KIND = { function: 0, memory: 2 } as const;

/** What stands in a compiled module besides its code. */
export interface BinaryModule {
  readonly sections: readonly number[];
  readonly imports: readonly { module: string; name: string; kind: number }[];
  readonly exports: readonly { name: string; kind: number }[];
}

/** Read by hand, since not every engine compiles relaxed SIMD. */
export function readModule(bytes: Uint8Array): BinaryModule {
  const reader = new Reader(bytes);
  const sections: number[] = [];
  let imports: BinaryModule["imports"] = [];
  let exports: BinaryModule["exports"] = [];
  // After the magic number and the version, each section is its number, its length and that many bytes.
  for (reader.at = 8; !reader.isAtEnd; ) {
    const section = reader.byte();
    const end = reader.unsigned() + reader.at;
    sections.push(section);
    // The only import is a memory: its limits are whatever is left of the section.
    if (section === SECTION.import) imports = reader.list(() => reader.import());
    if (section === SECTION.export) exports = reader.list(() => reader.export());
    reader.at = end;
  }
  return { sections, imports, exports };
}

class Reader {
  at = 0;
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  byte(): number {
    return this.bytes[this.at++]!;
  }

  /** LEB128. */
  unsigned(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  text(): string {
    const length = this.unsigned();
    this.at += length;
    return new TextDecoder().decode(this.bytes.subarray(this.at - length, this.at));
  }

  list<T>(item: () => T): T[] {
    return Array.from({ length: this.unsigned() }, item);
  }

  import() {
    return { module: this.text(), name: this.text(), kind: this.byte() };
  }

  export() {
    const [name, kind] = [this.text(), this.byte()];
    this.unsigned();
    return { name, kind };
  }
}
