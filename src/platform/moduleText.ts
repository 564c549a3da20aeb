/** The code of the texts in one file; .config/text.js says how it works. */
export interface TextCode {
  readonly characters: string;
  readonly order: string;
}

/** The bytes of a module that is embedded as text. */
export function bytesOfText(text: string, { characters, order }: TextCode): Uint8Array<ArrayBuffer> {
  const { length } = characters;
  const singles = length - 2;
  const places = new Uint8Array(128);
  for (let i = 0; i < length; i++) places[characters.charCodeAt(i)] = i;
  const table = Uint8Array.from({ length: 256 }, (_, i) =>
    Number.parseInt(order.slice(2 * i, 2 * i + 2), 16),
  );
  const bytes = new Uint8Array(text.length);
  let size = 0;
  for (let i = 0; i < text.length; i++) {
    let place = places[text.charCodeAt(i)]!;
    if (place >= singles) place = singles + (place - singles) * length + places[text.charCodeAt(++i)]!;
    bytes[size++] = table[place]!;
  }
  return bytes.slice(0, size);
}

/** Compiles a module that is embedded as text. */
export function compileText(text: string, code: TextCode): WebAssembly.Module {
  return new WebAssembly.Module(bytesOfText(text, code));
}
