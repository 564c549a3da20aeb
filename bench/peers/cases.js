/**
 * The work that all libraries do, its inputs, and how their results are checked: against f64, on some rows.
 *
 * A product is y = A·B with A [m, k] and B [k, n]; T: the operand lies transposed in memory. Attention is causal, with q, k, v [B, H, T, D].
 */
export const cases = [
  ...[64, 256, 1024].map((size) => product("NN", size, size, size)),
  product("NN", 768, 128, 512),
  product("NT", 768, 128, 512),
  product("TN", 768, 128, 512),
  product("NT", 768, 128, 65),
  product("NT", 1, 768, 3072),
  attention(12, 4, 64, 32),
  attention(4, 8, 256, 64),
  attention(1, 12, 1024, 64),
];

function product(layout, m, k, n) {
  const [transposeA, transposeB] = [...layout].map((letter) => letter === "T");
  return { kind: "product", id: `${layout} ${m}×${k}×${n}`, m, k, n, transposeA, transposeB };
}

function attention(batch, heads, time, width) {
  return { kind: "attention", id: `attention ${batch},${heads},${time},${width}`, batch, heads, time, width };
}

/** Shapes and values of a case's operands; the values lie between -1 and 1 and are the same everywhere. */
export function inputsOf(one) {
  const { m, k, n, batch, heads, time, width } = one;
  const shapes =
    one.kind === "product"
      ? [one.transposeA ? [k, m] : [m, k], one.transposeB ? [n, k] : [k, n]]
      : [1, 2, 3].map(() => [batch, heads, time, width]);
  return shapes.map((shape, i) => ({
    shape,
    data: values(
      shape.reduce((a, b) => a * b),
      i + 1,
    ),
  }));
}

/** A linear congruential generator (Numerical Recipes, chapter 7). */
function values(count, seed) {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** Largest difference from f64 over some rows, as a share of the largest exact value. */
export function errorOf(one, result) {
  const rows = one.kind === "product" ? productRows(one) : attentionRows(one);
  let difference = 0;
  let scale = 0;
  for (const { at, exact } of rows) {
    exact.forEach((value, j) => {
      difference = Math.max(difference, Math.abs(result[at + j] - value));
      scale = Math.max(scale, Math.abs(value));
    });
  }
  return difference / scale;
}

const CHECKED_ROWS = 4;
const some = (count) =>
  Array.from({ length: CHECKED_ROWS }, (_, i) => Math.floor((i * (count - 1)) / (CHECKED_ROWS - 1)));

function productRows(one) {
  const { m, k, n, transposeA, transposeB } = one;
  const [a, b] = inputsOf(one).map(({ data }) => data);
  return some(m).map((i) => ({
    at: i * n,
    exact: Array.from({ length: n }, (_, j) => {
      let sum = 0;
      for (let p = 0; p < k; p++)
        sum += a[transposeA ? p * m + i : i * k + p] * b[transposeB ? j * k + p : p * n + j];
      return sum;
    }),
  }));
}

/** Rows of the first head. */
function attentionRows(one) {
  const { time, width } = one;
  const [q, k, v] = inputsOf(one).map(({ data }) => data);
  return some(time).map((i) => {
    const scores = Array.from({ length: i + 1 }, (_, j) => {
      let dot = 0;
      for (let d = 0; d < width; d++) dot += q[i * width + d] * k[j * width + d];
      return Math.exp(dot / Math.sqrt(width));
    });
    const total = scores.reduce((a, b) => a + b);
    const exact = Array.from({ length: width }, (_, d) =>
      scores.reduce((sum, score, j) => sum + (score / total) * v[j * width + d], 0),
    );
    return { at: i * width, exact };
  });
}
