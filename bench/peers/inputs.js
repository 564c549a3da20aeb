/** What a recipe makes, the same in every library: with `symbols` whole numbers below that, else numbers of offset ± scale. */
export function valuesOf({ shape, seed, scale, offset, symbols }) {
  const count = shape.reduce((a, b) => a * b, 1);
  // A linear congruential generator (Numerical Recipes, chapter 7).
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state;
  };
  return symbols
    ? Int32Array.from({ length: count }, () => Math.floor((next() / 2 ** 32) * symbols))
    : Float32Array.from({ length: count }, () => offset + scale * (next() / 2 ** 31 - 1));
}

/** Shapes and values of a case's operands. */
export const inputsOf = (one) =>
  one.inputs.map((recipe) => ({ shape: recipe.shape, data: valuesOf(recipe) }));

/** Shapes and values of its model's weights, by name. */
export const weightsOf = (one) =>
  Object.fromEntries(
    Object.entries(one.weights).map(([name, recipe]) => [
      name,
      { shape: recipe.shape, data: valuesOf(recipe) },
    ]),
  );
