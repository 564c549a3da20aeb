export function textsOf(
  modules: Readonly<Record<string, Uint8Array>>,
): Readonly<Record<string, string>> & { readonly characters: string; readonly order: string };
