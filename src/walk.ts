/**
 * Visits the leaves of a value depth first: own enumerable fields of objects and classes, elements of arrays, in their order. The
 * path of a leaf is its fields joined by dots (`blocks.0.attention.query.weight`). Each object is entered once, so cycles end;
 * a leaf is visited each time it is met, under each of its paths.
 */
export function walk<Leaf>(
  root: unknown,
  isLeaf: (value: unknown) => value is Leaf,
  visit: (leaf: Leaf, path: string) => void,
): void {
  const entered = new Set<object>();
  const enter = (value: unknown, path: string): void => {
    if (isLeaf(value)) {
      visit(value, path);
    } else if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value)) {
      if (entered.has(value)) return;
      entered.add(value);
      const prefix = path === "" ? "" : `${path}.`;
      for (const [field, inner] of Object.entries(value)) enter(inner, prefix + field);
    }
  };
  enter(root, "");
}
