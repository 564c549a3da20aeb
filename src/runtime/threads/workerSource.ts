import { CALL_HEADER, CONTROL_WORDS, DATA_HEADER, STATE, WORD } from "./control.ts";

/** What a worker is given. All of it can be posted to one. */
export interface WorkerTask {
  readonly core: WebAssembly.Module;
  readonly gemm: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly control: SharedArrayBuffer;
  /** Which number stands for which kernel. */
  readonly kernels: readonly string[];
  /** Its place among the workers. */
  readonly index: number;
}

/**
 * Looks for work before a worker goes to sleep: some 200 µs, longer than the pauses inside a training step.
 */
const SPINS = 20_000;

/**
 * function work(task, joined, atExit): the life of a worker, as text, because a file of its own would have to
 * be found by every bundler. It returns when the pool ends or a kernel throws. `atExit` hears what must still
 * be done if something else ends the thread.
 */
export const workerSource = `"use strict";
function work({ core, gemm, memory, control, kernels, index }, joined, atExit) {
  const imports = { env: { memory } };
  const exported = {
    ...new WebAssembly.Instance(core, imports).exports,
    ...new WebAssembly.Instance(gemm, imports).exports,
  };
  const table = kernels.map((name) => exported[name]);
  const words = new Int32Array(control, 0, ${CONTROL_WORDS});
  const data = new Float64Array(control, ${4 * CONTROL_WORDS});
  const state = ${WORD.states} + index;
  let busy = false;

  function claim() {
    for (;;) {
      const left = Atomics.load(words, ${WORD.remaining});
      if (left <= 0) return -1;
      if (Atomics.compareExchange(words, ${WORD.remaining}, left, left - 1) === left) return data[0] - left;
    }
  }

  function run(task) {
    const end = data[${DATA_HEADER + 1} + task];
    for (let at = data[${DATA_HEADER} + task]; at < end; ) {
      const [kernel, scratch, count] = [data[at], data[at + 1], data[at + 2]];
      at += ${CALL_HEADER};
      const values = [];
      for (let i = 0; i < count; i++) values.push(data[at + i]);
      if (scratch >= 0) values[scratch] = data[1] + index * data[2];
      table[kernel](...values);
      at += count;
    }
  }

  function finish() {
    busy = false;
    Atomics.add(words, ${WORD.finished}, 1);
    if (Atomics.load(words, ${WORD.callerSleeps})) Atomics.notify(words, ${WORD.finished});
  }

  function leave() {
    const was = Atomics.exchange(words, state, ${STATE.absent});
    if (was !== ${STATE.absent}) Atomics.sub(words, ${WORD.joined}, 1);
    if (was === ${STATE.asleep}) Atomics.sub(words, ${WORD.sleepers}, 1);
    if (!busy) return;
    Atomics.add(words, ${WORD.failed}, 1);
    finish();
  }

  function sleep() {
    Atomics.store(words, state, ${STATE.asleep});
    Atomics.add(words, ${WORD.sleepers}, 1);
    const call = Atomics.load(words, ${WORD.wake});
    const idle = Atomics.load(words, ${WORD.remaining}) <= 0 && Atomics.load(words, ${WORD.stop}) === 0;
    if (idle) Atomics.wait(words, ${WORD.wake}, call);
    Atomics.sub(words, ${WORD.sleepers}, 1);
    Atomics.store(words, state, ${STATE.awake});
  }

  atExit(leave);
  Atomics.store(words, state, ${STATE.awake});
  Atomics.add(words, ${WORD.joined}, 1);
  joined();
  try {
    for (let spins = 0; Atomics.load(words, ${WORD.stop}) === 0; spins++) {
      const task = claim();
      if (task >= 0) {
        busy = true;
        run(task);
        finish();
        spins = 0;
      } else if (spins > ${SPINS}) {
        sleep();
        spins = 0;
      }
    }
  } finally {
    leave();
  }
}
`;
