/** For browsers: leaves JSON in the page, where a driver finds it. */
import { smoke } from "./smoke.js";
import { speed } from "./timing.js";

const show = (result) => {
  document.getElementById("result").textContent = JSON.stringify(result);
};

smoke().then(
  (result) => show({ ...result, gflops: speed() }),
  (error) => show({ passed: 0, failed: [String(error)] }),
);
