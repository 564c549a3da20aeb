type Schema = Readonly<Record<string, unknown>>;

/** Whether a value is valid by a schema, written as JSON Schema's text says and not as our automata do. */
export function isValid(value: unknown, schema: unknown, root: unknown): boolean {
  if (typeof schema === "boolean") return schema;
  return Object.entries(schema as Schema).every(([keyword, wanted]) =>
    holds(keyword, wanted, value, schema as Schema, root),
  );
}

function holds(keyword: string, wanted: unknown, value: unknown, schema: Schema, root: unknown): boolean {
  switch (keyword) {
    case "type":
      return [wanted].flat().some((type) => isOfType(value, type as string));
    case "const":
      return same(value, wanted);
    case "enum":
      return (wanted as unknown[]).some((one) => same(value, one));
    case "anyOf":
      return (wanted as unknown[]).some((one) => isValid(value, one, root));
    case "$ref": {
      const path = (wanted as string).split("/").slice(1);
      return isValid(
        value,
        path.reduce((at, key) => (at as Schema)[key], root),
        root,
      );
    }
    case "minimum":
      return typeof value !== "number" || value >= (wanted as number);
    case "maximum":
      return typeof value !== "number" || value <= (wanted as number);
    case "minLength":
      return typeof value !== "string" || Array.from(value).length >= (wanted as number);
    case "maxLength":
      return typeof value !== "string" || Array.from(value).length <= (wanted as number);
    case "pattern":
      return typeof value !== "string" || new RegExp(wanted as string, "u").test(value);
    case "items":
      return !Array.isArray(value) || value.every((item) => isValid(item, wanted, root));
    case "minItems":
      return !Array.isArray(value) || value.length >= (wanted as number);
    case "maxItems":
      return !Array.isArray(value) || value.length <= (wanted as number);
    case "required":
      return !isObject(value) || (wanted as string[]).every((name) => Object.hasOwn(value, name));
    case "properties":
      return (
        !isObject(value) ||
        Object.entries(value).every(([name, member]) => {
          const known = wanted as Schema;
          return Object.hasOwn(known, name)
            ? isValid(member, known[name], root)
            : schema.additionalProperties !== false;
        })
      );
    case "additionalProperties":
    case "$defs":
      return true;
    default:
      throw new Error(`the validator does not know ${keyword}`);
  }
}

const isObject = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function isOfType(value: unknown, type: string): boolean {
  if (type === "integer") return Number.isInteger(value);
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "object") return isObject(value);
  return typeof value === type;
}

/** Equality of JSON values. */
function same(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((one, i) => same(one, b[i]));
  if (!isObject(a) || !isObject(b)) return a === b;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => same(a[name], b[name]));
}
