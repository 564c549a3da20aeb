/** Where the tokens of one or two texts stand among special tokens, as a model wants them. */
export interface Template {
  readonly single: readonly TemplatePart[];
  readonly pair: readonly TemplatePart[];
}

/** A text, or ids of special tokens; both with the segment that they belong to. */
export type TemplatePart =
  | { readonly sequence: "A" | "B"; readonly typeId: number }
  | { readonly token: string; readonly ids: readonly number[]; readonly typeId: number };

/** What a model takes for one or two texts: ids, and for each its segment. */
export interface TokenizedInputs {
  readonly ids: Int32Array<ArrayBuffer>;
  readonly typeIds: Int32Array<ArrayBuffer>;
}

/** The texts alone, the second in segment 1: of a tokenizer that has no special tokens to add. */
export const plainTemplate: Template = {
  single: [{ sequence: "A", typeId: 0 }],
  pair: [
    { sequence: "A", typeId: 0 },
    { sequence: "B", typeId: 1 },
  ],
};

/** [CLS] A [SEP], or [CLS] A [SEP] B [SEP] with B and its [SEP] in segment 1. Devlin et al. 2019, figure 2. */
export function bertTemplate(
  cls: readonly [token: string, id: number],
  sep: readonly [token: string, id: number],
): Template {
  const special = ([token, id]: readonly [string, number], typeId: number): TemplatePart => ({
    token,
    ids: [id],
    typeId,
  });
  const single: TemplatePart[] = [special(cls, 0), { sequence: "A", typeId: 0 }, special(sep, 0)];
  return { single, pair: [...single, { sequence: "B", typeId: 1 }, special(sep, 1)] };
}

/** Puts the ids of one text, or of two, where the template has them. */
export function applyTemplate(template: Template, first: Int32Array, second?: Int32Array): TokenizedInputs {
  const ids: number[] = [];
  const typeIds: number[] = [];
  for (const part of second === undefined ? template.single : template.pair) {
    const source = "ids" in part ? part.ids : part.sequence === "A" ? first : (second ?? []);
    for (let i = 0; i < source.length; i++) {
      ids.push(source[i]!);
      typeIds.push(part.typeId);
    }
  }
  return { ids: Int32Array.from(ids), typeIds: Int32Array.from(typeIds) };
}
