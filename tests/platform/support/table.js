const COLUMNS = ["runtime", "version", "passed", "failed", "build", "threads", "GFLOP/s", "hash"];

/** One row for each runtime, its failures and notes below it. */
export function printRow(name, result) {
  if (result.reason !== undefined) {
    console.log(`${name.padEnd(30)}not run: ${result.reason}`);
    return;
  }
  const { version, passed, failed, build, threads, gflops, hash, notes = [] } = result;
  print([name, version, passed, failed.length, build, threads, gflops?.toFixed(1), hash]);
  for (const line of [...failed, ...notes]) console.log(`${"".padEnd(30)}${line}`);
}

export function printHead() {
  print(COLUMNS);
}

function print([name, ...cells]) {
  const widths = [16, 7, 7, 9, 8, 8, 16];
  const text = cells.map((cell, i) => String(cell ?? "").padEnd(widths[i])).join(" ");
  console.log(`${name.padEnd(30)}${text}`.trimEnd());
}

/** Lines that say where the bits differ from those that most runtimes agree on. */
export function differences(results) {
  const votes = new Map();
  for (const { hash } of results.values()) votes.set(hash, (votes.get(hash) ?? 0) + 1);
  const [wanted] = [...votes].sort((a, b) => b[1] - a[1])[0] ?? [];
  const right = [...results.values()].find(({ hash }) => hash === wanted);
  return [...results].flatMap(([name, { hash, parts }]) => {
    if (hash === wanted) return [];
    const odd = Object.keys(right.parts).filter((part) => parts?.[part] !== right.parts[part]);
    return [`${name} differs from the others in: ${odd.join(", ")}`];
  });
}
