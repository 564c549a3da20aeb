/** For Node, Deno and Bun: prints one line of JSON. */
import { smoke } from "./smoke.js";
import { speed } from "./timing.js";

console.log(JSON.stringify({ ...(await smoke()), gflops: speed() }));
