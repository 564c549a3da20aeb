/** For Node, Deno and Bun: prints one line of JSON. */
import { smoke } from "./smoke.js";
import { speed } from "./timing.js";
import { workers } from "./workers.js";

const { passed, failed, ...others } = await smoke();
const more = await workers();
const all = { passed: passed + more.passed, failed: [...failed, ...more.failed] };
console.log(JSON.stringify({ ...others, ...all, gflops: speed() }));
