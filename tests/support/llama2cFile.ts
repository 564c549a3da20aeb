/** A file as llama2.c's export.py writes it in version 0: header numbers and as many floats as given. */
export function llama2cFile(
  header: readonly number[],
  floats: number | Float32Array,
): Uint8Array<ArrayBuffer> {
  const numbers = typeof floats === "number" ? new Float32Array(floats) : floats;
  const bytes = new Uint8Array(4 * header.length + numbers.byteLength);
  bytes.set(new Uint8Array(Int32Array.from(header).buffer));
  bytes.set(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength), 4 * header.length);
  return bytes;
}
