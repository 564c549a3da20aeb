import { deflateRawSync } from "node:zlib";

export interface ZipMember {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly deflate?: boolean;
  /** Fields that shall not tell the truth. */
  readonly lies?: Partial<Record<"crc" | "packed" | "size" | "offset" | "method" | "flags", number>>;
  readonly localName?: string;
}

const crcOf = (bytes: Uint8Array) => {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
};

/** A zip archive for tests, written from APPNOTE.TXT and not with the library's own writer. */
export function zipFile(members: readonly ZipMember[], comment = ""): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, bytes, deflate = false, lies = {}, localName = name } of members) {
    const packed = deflate ? deflateRawSync(bytes) : Buffer.from(bytes);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(lies.flags ?? 0, 2);
    fields.writeUInt16LE(lies.method ?? (deflate ? 8 : 0), 4);
    fields.writeUInt32LE(lies.crc ?? crcOf(bytes), 10);
    fields.writeUInt32LE(lies.packed ?? packed.length, 14);
    fields.writeUInt32LE(lies.size ?? bytes.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const local = Buffer.from(fields);
    local.writeUInt16LE(localName.length, 22);
    const head = Buffer.concat([Buffer.from("PK\x03\x04"), local, Buffer.from(localName)]);
    const offset = Buffer.alloc(14);
    offset.writeUInt32LE(lies.offset ?? at, 10);
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\0"), fields, offset, Buffer.from(name)]));
    parts.push(head, packed);
    at += head.length + packed.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06");
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(at, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...parts, listed, end, Buffer.from(comment)]);
}
