import type { Shape } from "../shape.ts";

/** Elements above which only the ends of each axis are shown, and how many at each end. As in numpy. */
const THRESHOLD = 1000;
const EDGE = 3;
const DIGITS = 4;

type Elements = Float32Array | Float64Array | Int32Array;

/** Text such as numpy's: aligned columns, long axes shortened. */
export function print(elements: Elements, shape: Shape, dtype: string, requiresGrad: boolean): string {
  const shorten = elements.length > THRESHOLD;
  const shownAt = (n: number) =>
    shorten && n > 2 * EDGE ? [...range(0, EDGE), -1, ...range(n - EDGE, n)] : [...range(0, n)];
  const visible: number[] = [];
  const collect = (axis: number, offset: number): void => {
    if (axis === shape.length) visible.push(elements[offset]!);
    else for (const i of shownAt(shape[axis]!)) if (i >= 0) collect(axis + 1, offset * shape[axis]! + i);
  };
  collect(0, 0);
  const format = formatter(visible, dtype);
  const body = (axis: number, offset: number): string => {
    if (axis === shape.length) return format(elements[offset]!);
    const items = shownAt(shape[axis]!).map((i) =>
      i < 0 ? "..." : body(axis + 1, offset * shape[axis]! + i),
    );
    const innermost = axis === shape.length - 1;
    const separator = innermost ? ", " : `,${"\n".repeat(shape.length - 1 - axis)}${" ".repeat(8 + axis)}`;
    return `[${items.join(separator)}]`;
  };
  const kind = dtype === "f32" ? "" : `, ${dtype}`;
  const empty = elements.length === 0 && shape.length > 1 ? `, shape [${shape.join(", ")}]` : "";
  const content = elements.length === 0 ? "[]" : body(0, 0);
  return `tensor(${content}${empty}${kind}${requiresGrad ? ", requiresGrad" : ""})`;
}

function* range(from: number, to: number): Generator<number> {
  for (let i = from; i < to; i++) yield i;
}

/**
 * One format for all: integers without a point, else four decimals, or powers of ten where the values
 * differ too much.
 */
function formatter(values: readonly number[], dtype: string): (value: number) => string {
  const finite = values.filter(Number.isFinite).map(Math.abs);
  const largest = Math.max(0, ...finite);
  const smallest = Math.min(Number.POSITIVE_INFINITY, ...finite.filter((value) => value > 0));
  const whole = finite.every(Number.isInteger);
  const scientific = largest >= 1e8 || (!whole && (smallest < 1e-4 || largest / smallest > 1e6));
  const plain = (value: number): string => {
    if (!Number.isFinite(value)) return String(value).replace("Infinity", "inf").replace("NaN", "nan");
    if (dtype === "i32") return String(value);
    if (scientific) return value.toExponential(DIGITS);
    return whole ? `${value}.` : value.toFixed(DIGITS);
  };
  const width = Math.max(0, ...values.map((value) => plain(value).length));
  return (value) => plain(value).padStart(width);
}
