import { spawn } from "node:child_process";
import { freePort, NotRun, output, startServer, systemProgram, tool } from "./process.js";

/** Milliseconds that a page may take. */
const PATIENCE = 120_000;
const READ = 'document.getElementById("result")?.textContent ?? ""';

/** Playwright's handle of Debian's Chromium. */
export async function launchChromium() {
  tool("playwright-core/package.json");
  const executablePath = await systemProgram("chromium");
  const { chromium } = await import("playwright-core");
  const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"];
  const quiet = ["--disable-background-networking", "--disable-component-update"];
  return chromium.launch({ executablePath, headless: true, args: [...args, ...quiet] });
}

/**
 * Real browsers. Each starts one and gives its version, `read(url)`: what the page at a URL left behind, and `close`.
 */
export const drivers = {
  async chromium() {
    const browser = await launchChromium();
    return {
      version: browser.version(),
      close: () => browser.close(),
      async read(url) {
        const page = await browser.newPage();
        try {
          await page.goto(url);
          return await polled(() => page.evaluate(READ));
        } finally {
          await page.close();
        }
      },
    };
  },

  /** Through WebDriver BiDi: Playwright does not launch Debian's build, and Debian has no geckodriver. */
  async firefox() {
    tool("puppeteer-core/package.json");
    const executablePath = await systemProgram("firefox-esr");
    const { default: puppeteer } = await import("puppeteer-core");
    const browser = await puppeteer.launch({ browser: "firefox", executablePath, headless: true });
    return {
      version: (await browser.version()).replace(/^firefox\//i, ""),
      close: () => browser.close(),
      async read(url) {
        const page = await browser.newPage();
        try {
          await page.goto(url);
          return await polled(() => page.evaluate(READ));
        } finally {
          await page.close();
        }
      },
    };
  },

  /** WebKitGTK's MiniBrowser on a virtual screen, by plain WebDriver calls: the nearest thing to Safari here. */
  async webkit() {
    const [xvfb, webDriver] = [
      await systemProgram("Xvfb", "xvfb"),
      await systemProgram("WebKitWebDriver", "webkit2gtk-driver"),
    ];
    const files = await output("dpkg", ["-L", "libwebkit2gtk-4.1-0"]);
    const binary = files.split("\n").find((file) => file.endsWith("/MiniBrowser"));
    if (binary === undefined) throw new NotRun("no MiniBrowser in libwebkit2gtk-4.1-0");
    const display = `:${90 + (process.pid % 100)}`;
    const screen = spawn(xvfb, [display, "-screen", "0", "1024x768x24"], { stdio: "ignore" });
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const env = {
      ...process.env,
      DISPLAY: display,
      WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1",
      WEBKIT_DISABLE_COMPOSITING_MODE: "1",
    };
    const stop = await startServer(webDriver, [`--port=${port}`, "--host=127.0.0.1"], {
      url: `${url}/status`,
      env,
    });
    const call = (path, body) => webDriverCall(url + path, body);
    const options = { binary, args: ["--automation"] };
    const { sessionId, capabilities } = await call("/session", {
      capabilities: { alwaysMatch: { "webkitgtk:browserOptions": options } },
    });
    return {
      version: capabilities.browserVersion,
      async close() {
        await webDriverCall(`${url}/session/${sessionId}`, undefined, "DELETE");
        await stop();
        screen.kill();
      },
      async read(address) {
        await call(`/session/${sessionId}/url`, { url: address });
        return polled(() =>
          call(`/session/${sessionId}/execute/sync`, { script: `return ${READ}`, args: [] }),
        );
      },
    };
  },
};

async function polled(read) {
  for (const end = Date.now() + PATIENCE; Date.now() < end; ) {
    const text = await read();
    if (text) return text;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the page showed nothing within ${PATIENCE / 1000} s`);
}

async function webDriverCall(url, body, method = "POST") {
  const options = body === undefined ? { method } : { method, body: JSON.stringify(body) };
  const response = await fetch(url, options);
  const { value } = await response.json();
  if (!response.ok) throw new Error(`${value.error}: ${value.message}`);
  return value;
}
