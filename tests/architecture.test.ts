import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * The floors of the house, lowest first. A file imports only from lower floors or from its own folder, types included. Rooms of one floor do
 * not know each other.
 */
const floors: readonly (readonly string[])[] = [
  ["errors.ts", "shape.ts", "random.ts", "math.ts", "walk.ts"],
  ["runtime", "text", "io"],
  ["tensor"],
  ["ops"],
  ["transforms"],
  ["nn", "optim"],
  ["models"],
  ["train", "generation", "testing", "worker", "fluent.ts", "pretrained"],
  ["functions.ts"],
  ["index.ts", "threads", "platform"],
  ["cli"],
  ["examples"],
];

/** Rooms that look lower than their floor would let them: no tensor, no runtime. */
const sideRooms: Readonly<Record<string, readonly string[]>> = {
  text: floors[0]!,
  io: floors[0]!,
};

/** Ops whose derivatives are each other, so that neither can come first. */
const adjoints: readonly (readonly string[])[] = [
  ["ops/sin.ts", "ops/cos.ts"],
  ["ops/sum.ts", "ops/sumTo.ts", "ops/broadcastTo.ts"],
];

/** Who asks for what the place chooses. */
const chosenLater: Readonly<Record<string, string>> = {
  "#kernels": "runtime/default.ts",
  "#platform": "runtime/default.ts",
  "#threads": "threads/index.ts",
  "#port": "worker/expose.ts",
};

const LONGEST_FILE = 300;

interface SourceFile {
  readonly path: string;
  readonly room: string;
  readonly text: string;
  readonly imports: readonly string[];
}

function sourcesBelow(folder: string): SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))
    .map((name) => {
      const text = readFileSync(join(root, folder, name), "utf8");
      const found = text.matchAll(
        /(?:^|\n)\s*(?:import|export)\s[^;]*?from\s+"([^"]+)"|(?:^|\n)import\s+"([^"]+)"/g,
      );
      const imports = [...found].map(([, from, bare]) => (from ?? bare)!);
      return { path: name, room: name.split("/")[0]!, text, imports };
    });
}

const sources = sourcesBelow("src");
const floorOf = (room: string) => floors.findIndex((rooms) => rooms.includes(room));
const targetOf = (file: SourceFile, specifier: string) => relative(".", join(dirname(file.path), specifier));

/** The names under which a user imports the package. */
const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const publicEntries = Object.keys(exports).map((path) => path.replace(/^\./, "lanegrad"));

/** An example is what a reader copies: its own folder, over the package as it is published. */
function forbiddenInExample(file: SourceFile, specifier: string): string | null {
  const example = file.path.split("/").slice(0, 2).join("/");
  if (specifier.startsWith(".")) {
    return targetOf(file, specifier).startsWith(`${example}/`) ? null : "outside the example";
  }
  return !/^(lanegrad(\/|$)|#)/.test(specifier) || publicEntries.includes(specifier) ? null : "not public";
}

function forbidden(file: SourceFile, specifier: string): string | null {
  if (file.room === "examples") return forbiddenInExample(file, specifier);
  if (specifier.startsWith("#")) {
    return chosenLater[specifier] === file.path ? null : `only ${chosenLater[specifier]} asks for it`;
  }
  if (!specifier.startsWith(".")) return null;
  const target = targetOf(file, specifier);
  if (target.startsWith(".."))
    return file.room === "platform" && target.startsWith("../build/") ? null : "outside src";
  const room = target.split("/")[0]!;
  if (room === file.room) return null;
  const allowed = sideRooms[file.room];
  if (allowed) return allowed.includes(room) ? null : `${file.room} imports ${allowed.join(", ")} only`;
  const [from, to] = [floorOf(file.room), floorOf(room)];
  if (from === 0 && to === 0) return null;
  return to < from ? null : "not a lower floor";
}

describe("the house", () => {
  test("every file has a floor", () => {
    expect(sources.filter(({ room }) => floorOf(room) < 0).map(({ path }) => path)).toEqual([]);
  });

  test("imports point down", () => {
    const wrong = sources.flatMap((file) =>
      file.imports.flatMap((specifier) => {
        const reason = forbidden(file, specifier);
        return reason === null ? [] : [`${file.path} → ${specifier}: ${reason}`];
      }),
    );
    expect(wrong).toEqual([]);
  });

  test("nothing imports in a circle", () => {
    const excused = (from: string, to: string) =>
      adjoints.some((ops) => ops.includes(from) && ops.includes(to));
    const edges = new Map(
      sources.map((file) => {
        const targets = file.imports.filter((specifier) => specifier.startsWith("."));
        const paths = targets.map((specifier) => targetOf(file, specifier));
        return [file.path, paths.filter((path) => !excused(file.path, path))] as const;
      }),
    );
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path)) {
        circles.push([...trail.slice(trail.indexOf(path)), path].join(" → "));
        return;
      }
      if (done.has(path)) return;
      for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
      done.add(path);
    };
    for (const path of edges.keys()) visit(path, []);
    expect(circles).toEqual([]);
  });

  test(`no file is longer than ${LONGEST_FILE} lines`, () => {
    const long = [...sources, ...sourcesBelow("assembly")]
      .map(({ path, text }) => `${path}: ${text.split("\n").length - 1}`)
      .filter((line) => Number(line.split(": ")[1]) > LONGEST_FILE);
    expect(long).toEqual([]);
  });

  test("only platform and cli know the place they run in", () => {
    const rim = ["platform", "cli", "examples"];
    const knowing = sources.filter(
      ({ room, text, imports }) =>
        !rim.includes(room) &&
        (imports.some((specifier) => specifier.startsWith("node:")) ||
          /\b(process|document|window)\./.test(stripComments(text))),
    );
    expect(knowing.map(({ path }) => path)).toEqual([]);
  });

  test("engines' own functions, whose last bits differ, are used in reference kernels only", () => {
    const inexact =
      /\bMath\.(exp|expm1|log|log1p|log2|log10|sin|cos|tan|tanh|sinh|cosh|pow|cbrt|hypot|atan2?|asin|acos)\b/;
    const using = sources.filter(
      ({ path, text }) => !path.startsWith("runtime/reference/") && inexact.test(stripComments(text)),
    );
    expect(using.map(({ path }) => path)).toEqual([]);
  });
});

function stripComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
}
