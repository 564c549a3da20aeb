/** The libraries, and how a process of each is started. */
import { execFile, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** lanegrad first: the others are held against it. `module` is the file of worker.js, or none where Python runs. */
const libraries = [
  { name: "lanegrad", module: "lanegrad", threads: 1 },
  { name: "lanegrad, 2 threads", module: "lanegrad", threads: 2 },
  { name: "jax-js", module: "jax", threads: 1, needs: "node_modules/@jax-js/jax" },
  { name: "TensorFlow.js", module: "tensorflow", threads: 1, needs: "node_modules/@tensorflow/tfjs" },
  { name: "ONNX Runtime Web", module: "onnx", threads: 1, needs: "node_modules/onnxruntime-web" },
  { name: "PyTorch", threads: 1 },
  { name: "PyTorch, 2 threads", threads: 2 },
];

/** PATH's first python3 may be another than the one that Debian's packages belong to. */
const PYTHONS = ["python3", "/usr/bin/python3"];
/**
 * Where Debian keeps OpenBLAS with OpenMP: PyTorch counts its threads by OpenMP too, and beside OpenBLAS's own threads two of each are
 * erratic.
 */
const OPENBLAS = ["x86_64", "aarch64"].map((cpu) => `/usr/lib/${cpu}-linux-gnu/openblas-openmp`);
/** The C library keeps large blocks instead of mapping them anew in each call: attention over 1024 positions is up to twelve times as fast. */
const TORCH_ENVIRONMENT = {
  MALLOC_MMAP_MAX_: "0",
  MALLOC_TRIM_THRESHOLD_: String(2 ** 33),
  PYTHONDONTWRITEBYTECODE: "1",
};
const INSTALL_TORCH = "apt-get install python3-torch libopenblas0-openmp";

/** Each library that can run, with its command; and of the others why they cannot. */
export function librariesFor(node) {
  const python = PYTHONS.find((program) => spawnSync(program, ["-c", "import torch"]).status === 0);
  const blas = OPENBLAS.find((folder) => existsSync(folder));
  const present = [];
  const missing = [];
  for (const library of libraries) {
    const { name, module, threads, needs } = library;
    if (module) {
      const command = [node, fileOf("worker.js"), module, String(threads)];
      if (!needs || existsSync(fileOf(needs))) present.push({ name, command, environment: {} });
      else missing.push({ name, why: `${needs} is missing: npm --prefix bench/peers ci` });
    } else if (python && blas) {
      const command = [python, fileOf("torchWorker.py"), String(threads)];
      const environment = { ...TORCH_ENVIRONMENT, OMP_NUM_THREADS: String(threads), LD_LIBRARY_PATH: blas };
      present.push({ name, command, environment });
    } else {
      const why = python ? "its BLAS would be the slow reference one" : "no python3 here imports torch";
      missing.push({ name, why: `${why}: ${INSTALL_TORCH}` });
    }
  }
  return { present, missing };
}

const fileOf = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Runs the cases in a fresh process of a library: by id milliseconds and samples of the results; cases it cannot run are left out. */
export async function measure({ command: [program, ...args], environment }, cases) {
  const run = promisify(execFile);
  const options = { maxBuffer: 2 ** 26, env: { ...process.env, ...environment } };
  const { stdout } = await run(program, [...args, JSON.stringify(cases)], options);
  return JSON.parse(stdout.trimEnd().split("\n").at(-1));
}
