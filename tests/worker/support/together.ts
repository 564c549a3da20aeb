import { MessageChannel, type MessagePort } from "node:worker_threads";
import { afterEach } from "vitest";
import {
  type Connection,
  type ConnectOptions,
  connect,
  expose,
  type Job,
} from "../../../src/worker/index.ts";

const ports: MessagePort[] = [];
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

export function channel(): { readonly page: MessagePort; readonly worker: MessagePort } {
  const { port1: page, port2: worker } = new MessageChannel();
  ports.push(page, worker);
  return { page, worker };
}

/** A job and its page in one thread, with a real channel between them. */
export function together<Options, Step>(
  job: Job<Options, Step>,
  options?: ConnectOptions,
): Connection<Options, Step> {
  const { page, worker } = channel();
  expose(job, worker);
  return connect<Job<Options, Step>>(page, options);
}

/** Counts up; `log` tells how far it has come, and its end. */
export function counting(log: (number | string)[]): Job<number, number> {
  return async function* (count) {
    try {
      for (let i = 0; i < count; i++) {
        log.push(i);
        yield i;
      }
    } finally {
      log.push("cleaned up");
    }
  };
}

export async function listed<Step>(steps: AsyncIterable<Step>): Promise<Step[]> {
  const list: Step[] = [];
  for await (const step of steps) list.push(step);
  return list;
}

/** Enough turns of the event loop for every message that is on its way, and its answer, to arrive. */
export async function messagesDelivered(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}
