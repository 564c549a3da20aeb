import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeChecks } from "../support/checks.js";
import { eventsOf, firstEvents, textOf } from "../support/events.js";
import {
  ISOLATE_BYTES,
  importTime,
  mega,
  modulesIn,
  residentBytes,
  started,
  workerdVersion,
  wrangle,
} from "../support/miniflare.js";
import { output, tool } from "../support/process.js";
import { copyExample } from "../support/project.js";

const STARTUP_MS = 1000;
const PROMPT = "lane";
/** Clients that leave in the middle. Some ways to notice it work in four cases of five. */
const CANCELLED = 25;

/** src/examples/worker as a reader deploys it, with a checkpoint that the command line trained. */
export const workerExample = {
  name: "worker-example",
  async *run() {
    tool("miniflare/package.json");
    const folder = await copyExample("worker");
    const checkpoint = await trainCheckpoint(folder);
    cpSync(checkpoint, join(folder, "checkpoint"), { recursive: true });
    const modules = modulesIn(await wrangle(folder));
    const { unstable_getMiniflareWorkerOptions } = await import("wrangler");
    const { workerOptions } = unstable_getMiniflareWorkerOptions(join(folder, "wrangler.json"));
    const { result, check } = makeChecks();
    const notes = [];
    await check("start-up", async () => {
      const time = await importTime(modules, workerOptions);
      notes.push(`start-up: ${time.toFixed(0)} ms of processor time`);
      if (time > STARTUP_MS) return `${time} ms`;
    });
    const worker = await started({ ...workerOptions, modules });
    await checkAnswers(worker, check, await written(folder, checkpoint)).finally(worker.stop);
    const bucket = await started({ modules, r2Buckets: ["CHECKPOINT"] });
    const files = await eightMillion(folder, checkpoint);
    await checkBucket(bucket, check, { files, notes }).finally(bucket.stop);
    await checkLeaving(modules, check, checkpoint);
    yield ["worker-example", { version: workerdVersion(), notes, ...result }];
  },
};

const TEXT = "lane after lane the numbers run, and every lane is soon begun; the sum of all is one. ".repeat(
  60,
);

/** The folder that `lanegrad train` leaves when it has learned a text. */
async function trainCheckpoint(folder) {
  writeFileSync(join(folder, "text.txt"), TEXT);
  const model = "--layers 1 --heads 2 --width 32 --context 32".split(" ");
  const run = "--data text.txt --out run --steps 200 --batch 8 --seed 1 --json".split(" ");
  const printed = await output(join(folder, "node_modules/.bin/lanegrad"), ["train", ...model, ...run], {
    cwd: folder,
  });
  return join(folder, JSON.parse(printed.trim().split("\n").at(-1)).checkpoint);
}

/** What the command line writes with the same checkpoint. */
async function written(folder, checkpoint) {
  const parameters = ["generate", "--model", checkpoint, "--prompt", PROMPT, "--json"];
  const options = ["--tokens", "40", "--temperature", "0"];
  const printed = await output(join(folder, "node_modules/.bin/lanegrad"), [...parameters, ...options]);
  return JSON.parse(printed.trim().split("\n").at(-1)).text;
}

async function checkAnswers({ fetch }, check, text) {
  const ask = (query) => fetch(`generate?prompt=${PROMPT}&${query}`);
  const status = async () => (await fetch("status")).json();
  await eventsOf(await ask("tokens=1"));
  const rest = await status();

  await check("the text", async () => {
    const response = await ask("tokens=40&temperature=0");
    const type = response.headers.get("content-type");
    if (type !== "text/event-stream") return type;
    const got = textOf(await eventsOf(response));
    if (got !== text) return `${JSON.stringify(got)}, the command line writes ${JSON.stringify(text)}`;
  });

  await check("the seed", async () => {
    const [a, b, c] = await Promise.all(
      ["seed=1", "seed=1", "seed=2"].map(async (query) => textOf(await eventsOf(await ask(query)))),
    );
    if (a !== b || a === c) return JSON.stringify([a, b, c]);
  });

  await check("two requests at once", async () => {
    const order = [];
    const read = async (name) => {
      for (const _ of await eventsOf(await ask("tokens=300"), () => order.push(name)));
    };
    await Promise.all([read("a"), read("b")]);
    const turns = order.filter((name, i) => i > 0 && name !== order[i - 1]).length;
    if (turns < 100) return `${turns} turns in ${order.length} events`;
  });

  await check("cancelled requests", async () => {
    for (let request = 0; request < CANCELLED; request++) {
      const before = await status();
      await firstEvents(await ask("tokens=1000"), 1 + (request % 5));
      let now = await status();
      for (let tries = 0; tries < 100 && now.streams > 0; tries++) now = await status();
      const tokens = now.tokens - before.tokens;
      if (now.streams !== 0 || tokens > 900) return `${now.streams} open, ${tokens} computed`;
      const later = await status();
      if (later.tokens !== now.tokens) return `${later.tokens - now.tokens} more after it`;
    }
  });

  for (const [path, code, message, init] of BAD) {
    await check(`${init?.method ?? "GET"} ${path}`, async () => {
      const response = await fetch(path, init);
      const answer = await response.text();
      if (response.status !== code || !answer.includes(message)) return `${response.status} ${answer}`;
    });
  }

  await check("one model for all, and nothing left behind", async () => {
    const { loads, streams, memory } = await status();
    const same = memory.liveBytes === rest.memory.liveBytes && memory.liveTensors === rest.memory.liveTensors;
    if (loads !== 1 || streams !== 0 || !same) return JSON.stringify({ loads, streams, memory, rest });
  });
}

const BAD = [
  ["generate", 400, "prompt: wanted a text"],
  ["generate?prompt=", 400, "prompt: wanted a text"],
  [`generate?prompt=${"a".repeat(2001)}`, 400, "at most 2000 characters"],
  ["generate?prompt=%E2%98%83", 400, "a character of the training text"],
  ["generate?prompt=a&tokens=0", 400, "tokens: wanted a whole number from 1 to 1000"],
  ["generate?prompt=a&tokens=", 400, "tokens: wanted"],
  ["generate?prompt=a&tokens=many", 400, "many"],
  ["generate?prompt=a&temperature=-1", 400, "temperature: wanted a number from 0 to 2"],
  ["generate?prompt=a&topK=1.5", 400, "topK: wanted a whole number"],
  ["generate?prompt=a&seed=-1", 400, "seed: wanted a whole number"],
  ["generate?prompt=a&tempreature=1", 400, "tempreature"],
  ["model.safetensors", 404, "/generate"],
  ["generate?prompt=a", 405, "wanted GET", { method: "POST" }],
];

/** What the bucket itself takes counts too: here it is simulated in the same process. */
async function checkBucket({ fetch, miniflare }, check, { files, notes }) {
  const ask = () => fetch(`generate?prompt=${PROMPT}&tokens=3`);

  await check("a bucket that lacks the model at first, which has 8 million parameters", async () => {
    const early = await ask();
    const message = await early.text();
    if (early.status !== 500 || !message.includes("the bucket has no")) return `${early.status} ${message}`;
    const bucket = await miniflare.getR2Bucket("CHECKPOINT");
    for (const [name, bytes] of files) await bucket.put(name, bytes);
    const base = residentBytes();
    const events = await eventsOf(await ask());
    const grown = residentBytes() - base;
    const { memory } = await (await fetch("status")).json();
    const sizes = `${mega(memory.reservedBytes)} of tensors, ${mega(grown)} in all`;
    notes.push(`a model of 8.0 M parameters in f32: ${sizes}`);
    if (Math.max(memory.reservedBytes, grown) > ISOLATE_BYTES) return sizes;
    if (events.length !== 4) return JSON.stringify(events);
  });
}

/** Over files that come when `release` says so. */
async function checkLeaving(modules, check, checkpoint) {
  let asked;
  let release;
  const isAsked = new Promise((resolve) => {
    asked = resolve;
  });
  const isReleased = new Promise((resolve) => {
    release = resolve;
  });
  const contents = new Map(filesIn(checkpoint));
  const readFile = async ({ url }) => {
    asked();
    await isReleased;
    return new Response(contents.get(new URL(url).pathname.slice(1)));
  };
  const { fetch, stop } = await started({ modules, serviceBindings: { ASSETS: readFile } });
  const path = `generate?prompt=${PROMPT}&tokens=3`;

  await check("a client that leaves while the model is loaded", async () => {
    const leaving = new AbortController();
    const left = fetch(path, { signal: leaving.signal }).catch(() => {});
    await isAsked;
    leaving.abort();
    await left;
    const staying = fetch(path);
    release();
    const events = await eventsOf(await staying);
    const { loads, streams } = await (await fetch("status")).json();
    if (events.length !== 4 || loads !== 1 || streams !== 0)
      return JSON.stringify({ events, loads, streams });
  });
  await stop();
}

/** A checkpoint of a model with 8 million parameters and the characters of the trained one. */
async function eightMillion(folder, checkpoint) {
  const program = `
    import { readFileSync, writeFileSync } from "node:fs";
    import { AdamW, Gpt, parameters, Random, writeCheckpoint } from "lanegrad";
    const trainer = JSON.parse(readFileSync(process.argv[2] + "/trainer.json"));
    const vocabSize = JSON.parse(readFileSync(process.argv[2] + "/config.json")).vocabSize;
    const config = { contextLength: 256, vocabSize, layers: 10, heads: 8, width: 256 };
    const model = new Gpt(config, { random: new Random(1) });
    const optimizer = new AdamW(parameters(model.norm), { learningRate: 1 });
    const files = writeCheckpoint(model, optimizer, trainer);
    for (const [name, bytes] of Object.entries(files)) writeFileSync(name, bytes);
  `;
  writeFileSync(join(folder, "eightMillion.mjs"), program);
  await output(process.execPath, ["eightMillion.mjs", checkpoint], { cwd: folder });
  return filesIn(folder);
}

const filesIn = (folder) =>
  ["config.json", "model.safetensors", "trainer.json"].map((name) => [
    name,
    new Uint8Array(readFileSync(join(folder, name))),
  ]);
