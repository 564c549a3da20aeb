/** Named checks, each of which throws or gives a text where something is wrong. */
export function makeChecks() {
  const result = { passed: 0, failed: [] };
  const check = async (name, body) => {
    try {
      const wrong = await body();
      if (wrong) throw new Error(wrong);
      result.passed++;
    } catch (error) {
      result.failed.push(`${name}: ${error}`);
    }
  };
  return { result, check };
}
