import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const here = fileURLToPath(new URL("..", import.meta.url));
export const root = join(here, "../..");
export const tools = join(here, "node_modules");

/** A runtime that cannot be had on this machine; the message says why. */
export class NotRun extends Error {}

const execute = promisify(execFile);

/** What a program prints. */
export async function output(program, parameters, options = {}) {
  const { stdout } = await execute(program, parameters, { maxBuffer: 2 ** 26, timeout: 300_000, ...options });
  return stdout;
}

/** A file below tests/platform/node_modules. */
export function tool(path) {
  const file = join(tools, path);
  if (!existsSync(file)) throw new NotRun("run npm ci in tests/platform first");
  return file;
}

/** A program of the system, as Debian's `packages` bring it. */
export async function systemProgram(name, packages = name) {
  try {
    return (await output("which", [name])).trim();
  } catch {
    throw new NotRun(`no ${name}; apt-get install ${packages}`);
  }
}

/** Starts a server and waits until it answers. `stop` ends it and all that it started. */
export async function startServer(program, parameters, { url, ...options }) {
  const child = spawn(program, parameters, { detached: true, stdio: "ignore", ...options });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const stop = async () => {
    try {
      process.kill(-child.pid, "SIGTERM");
    } catch {
      // It has ended by itself.
    }
    await ended;
  };
  for (let tries = 0; tries < 300; tries++) {
    if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}`);
    try {
      await fetch(url);
      return stop;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  await stop();
  throw new Error(`${program} did not answer at ${url}`);
}

/** A port that nobody listens on. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
