/** The polynomial of Ethernet and zip, its lowest power at the top (APPNOTE 4.4.7). */
const CRC_POLYNOMIAL = 0xedb88320;

const crcTable = /* @__PURE__ */ Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ CRC_POLYNOMIAL : crc >>> 1;
  return crc;
});

/** The checksum of zip; `sum` is that of what came before. */
export function crc32(bytes: Uint8Array, sum = 0): number {
  let crc = ~sum;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ crcTable[(crc ^ bytes[i]!) & 255]!;
  return ~crc >>> 0;
}
