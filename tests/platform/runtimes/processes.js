import { output, tool } from "../support/process.js";
import { makeProject } from "../support/project.js";

/** Node, Deno and Bun: one program that prints JSON. */
function program(name, file, parameters, versionOf) {
  return {
    name,
    async *run() {
      const command = tool(file);
      const version = versionOf(await output(command, ["--version"]));
      const cwd = await makeProject(name);
      const printed = await output(command, [...parameters, "main.js"], { cwd });
      yield [name, { version, ...JSON.parse(printed.trim().split("\n").at(-1)) }];
    },
  };
}

const firstNumber = (text) => /\d+\.\d+\.\d+/.exec(text)[0];

export const processes = [
  ...[20, 22, 24, 26].map((major) => program(`node${major}`, `node${major}/bin/node`, [], firstNumber)),
  program("deno", ".bin/deno", ["run", "-A"], firstNumber),
  program("bun", ".bin/bun", ["run"], firstNumber),
];
