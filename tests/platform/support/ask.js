const OPERATIONS = 2 * 256 ** 3;
const FEW = 20;
const MANY = 140;

/**
 * The answers of an edge program to all questions: `ask(query)` gives the text of one. Its own clock may stand still, so the difference of two
 * requests says how fast it is.
 */
export async function askAll(ask) {
  const began = performance.now();
  await ask("ask=token");
  const token = performance.now() - began;
  const result = JSON.parse(await ask("ask=smoke"));
  const time = async (times) => {
    const start = performance.now();
    await ask(`ask=multiply&times=${times}`);
    return performance.now() - start;
  };
  await time(MANY);
  let best = 0;
  for (let round = 0; round < 3; round++) {
    const few = await time(FEW);
    best = Math.max(best, ((MANY - FEW) * OPERATIONS) / ((await time(MANY)) - few) / 1e6);
  }
  return { ...result, gflops: best, token };
}
