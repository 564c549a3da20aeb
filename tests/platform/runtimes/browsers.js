import { pageBundlers } from "../support/bundlers.js";
import { drivers } from "../support/drivers.js";
import { tool } from "../support/process.js";
import { makeProject } from "../support/project.js";
import { serve } from "../support/serve.js";

let pages;

/** The page as each bundler makes it, once for all browsers. */
async function builtPages() {
  if (pages === undefined) {
    tool("vite/package.json");
    const folder = await makeProject("page");
    pages = {};
    for (const [name, bundle] of Object.entries(pageBundlers)) pages[name] = await bundle(folder);
  }
  return pages;
}

/** Every bundler's page under a strict policy, with and without the headers that isolate it. */
export const browsers = Object.entries(drivers).map(([name, start]) => ({
  name,
  async *run() {
    const browser = await start();
    try {
      for (const [bundler, folder] of Object.entries(await builtPages())) {
        for (const isolated of [false, true]) {
          const { url, close } = await serve(folder, { isolated });
          try {
            const result = JSON.parse(await browser.read(url));
            yield [
              `${name} (${bundler}${isolated ? ", isolated" : ""})`,
              { version: browser.version, ...result },
            ];
          } finally {
            close();
          }
        }
      }
    } finally {
      await browser.close();
    }
  },
}));
