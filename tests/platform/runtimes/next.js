import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { askAll } from "../support/ask.js";
import { freePort, here, output, startServer, tool } from "../support/process.js";
import { makeProject } from "../support/project.js";

const BUNDLERS = { turbopack: [], webpack: ["--webpack"] };
/** Below pages/: an edge route below app/ does not build with Next 16.4's webpack, not even one that imports nothing. */
const ROUTE = `export const config = { runtime: "edge" };
export { answer as default } from "../../worker.js";
`;
const PAGE = `export default function Page() {
  return <p>lanegrad</p>;
}
`;

/** A Next.js application with an edge route, built by both of its bundlers and served. */
export const next = {
  name: "next",
  async *run() {
    const program = tool(".bin/next");
    const { version } = JSON.parse(readFileSync(tool("next/package.json"), "utf8"));
    // Below tests/platform, where it finds next itself; an empty tsconfig hides this repository's from its bundlers.
    const folder = await makeProject("application", join(here, "build"));
    writeFileSync(join(folder, "tsconfig.json"), "{}");
    writeFileSync(
      join(folder, "next.config.mjs"),
      `export default { turbopack: { root: ${JSON.stringify(here)} } };`,
    );
    mkdirSync(join(folder, "pages/api"), { recursive: true });
    writeFileSync(join(folder, "pages/api/ask.js"), ROUTE);
    writeFileSync(join(folder, "pages/index.js"), PAGE);
    const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" };
    try {
      for (const [bundler, flags] of Object.entries(BUNDLERS)) {
        rmSync(join(folder, ".next"), { recursive: true, force: true });
        await output(program, ["build", ...flags], { cwd: folder, env });
        yield [`next edge (${bundler})`, { version, ...(await served(program, { cwd: folder, env })) }];
      }
    } finally {
      rmSync(join(here, "build"), { recursive: true });
    }
  },
};

async function served(program, options) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/api/ask`;
  const stop = await startServer(program, ["start", "-p", String(port), "-H", "127.0.0.1"], {
    url,
    ...options,
  });
  try {
    const ask = async (query) => {
      const response = await fetch(`${url}?${query}`);
      const text = await response.text();
      if (!response.ok) throw new Error(text);
      return text;
    };
    const { token, ...result } = await askAll(ask);
    return { notes: [`cold start: ${token.toFixed(0)} ms to the first token`], ...result };
  } finally {
    await stop();
  }
}
