import { ArgumentError } from "../errors.ts";
import { crc32 } from "./crc32.ts";
import {
  ELSEWHERE_16,
  ELSEWHERE_32,
  END,
  END_BYTES,
  ENTRY,
  ENTRY_BYTES,
  LOCAL,
  LOCAL_BYTES,
  STORED,
} from "./zip.ts";

/** The archive of these files, stored as they are. Equal files give equal bytes: no time is written. */
export function writeZip(
  files: readonly { readonly name: string; readonly pieces: readonly Uint8Array[] }[],
): Uint8Array[] {
  const local: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const { name, pieces } of files) {
    const size = pieces.reduce((sum, { length }) => sum + length, 0);
    const nameBytes = new TextEncoder().encode(name);
    if (at + size + LOCAL_BYTES + nameBytes.length >= ELSEWHERE_32 || files.length >= ELSEWHERE_16) {
      throw new ArgumentError("writeZip", "an archive below 4 GiB with fewer than 65,535 files", at + size);
    }
    const crc = pieces.reduce((sum, piece) => crc32(piece, sum), 0);
    const facts = { crc, size, nameBytes: nameBytes.length, offset: at };
    local.push(localHeader(facts), nameBytes, ...pieces);
    directory.push(directoryEntry(facts), nameBytes);
    at += LOCAL_BYTES + nameBytes.length + size;
  }
  const bytes = directory.reduce((sum, { length }) => sum + length, 0);
  const end = new DataView(new ArrayBuffer(END_BYTES));
  end.setUint32(0, END, true);
  end.setUint16(8, files.length, true);
  end.setUint16(10, files.length, true);
  end.setUint32(12, bytes, true);
  end.setUint32(16, at, true);
  return [...local, ...directory, new Uint8Array(end.buffer)];
}

interface Facts {
  readonly crc: number;
  readonly size: number;
  readonly nameBytes: number;
  readonly offset: number;
}

/** Version 2.0 of the format, names in UTF-8, the first day that a zip can say. */
const VERSION = 20;
const UTF8_NAMES = 0x800;
const FIRST_DAY = (1 << 5) | 1;

function localHeader(facts: Facts): Uint8Array {
  const view = new DataView(new ArrayBuffer(LOCAL_BYTES));
  view.setUint32(0, LOCAL, true);
  writeFacts(view, 4, facts);
  return new Uint8Array(view.buffer);
}

function directoryEntry(facts: Facts): Uint8Array {
  const view = new DataView(new ArrayBuffer(ENTRY_BYTES));
  view.setUint32(0, ENTRY, true);
  view.setUint16(4, VERSION, true);
  writeFacts(view, 6, facts);
  view.setUint32(42, facts.offset, true);
  return new Uint8Array(view.buffer);
}

/** The fields that both headers have in the same order. */
function writeFacts(view: DataView, at: number, { crc, size, nameBytes }: Facts): void {
  view.setUint16(at, VERSION, true);
  view.setUint16(at + 2, UTF8_NAMES, true);
  view.setUint16(at + 4, STORED, true);
  view.setUint16(at + 8, FIRST_DAY, true);
  view.setUint32(at + 10, crc, true);
  view.setUint32(at + 14, size, true);
  view.setUint32(at + 18, size, true);
  view.setUint16(at + 22, nameBytes, true);
}
