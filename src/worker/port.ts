import { ArgumentError } from "../errors.ts";

/** What may be known of an event of a port. */
interface PortEvent extends Event {
  readonly data?: unknown;
  readonly message?: string;
  readonly filename?: string;
  readonly lineno?: number;
}

/** A `Worker` or `MessagePort` of the web, or a worker's own global scope. */
export interface WebPort {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  addEventListener(type: string, listener: (event: PortEvent) => void): void;
  start?(): void;
  terminate?(): unknown;
  close?(): void;
}

/** A `Worker` or `MessagePort` of `node:worker_threads`. */
export interface NodePort {
  postMessage(message: unknown, transfer: readonly ArrayBuffer[]): void;
  on(event: string, listener: (value: unknown) => void): unknown;
  terminate?(): unknown;
  close?(): void;
}

export type Port = WebPort | NodePort;

interface PortListener {
  /** Every message, also those of others. */
  message(data: unknown): void;
  /** The other side is gone, or could not begin. `what` says how, as a person would; `cause` is an error where one is known. */
  gone?(what: string, cause?: unknown): void;
}

/** Listens to a port of either kind. */
export function listen(port: Port, { message, gone = () => {} }: PortListener): void {
  if (typeof port !== "object" || port === null || !("on" in port || "addEventListener" in port)) {
    throw new ArgumentError("lanegrad/worker", "a Worker or a MessagePort", port);
  }
  const unreadable = () => gone("it sent a message that cannot be read here");
  if ("on" in port) {
    port.on("message", message);
    port.on("messageerror", unreadable);
    port.on("error", (error: unknown) => gone(messageOf(error), error));
    port.on("exit", (code: unknown) => gone(`it ended with exit code ${code}`));
    port.on("close", () => gone("its port was closed"));
    return;
  }
  port.addEventListener("message", ({ data }) => message(data));
  port.addEventListener("messageerror", unreadable);
  port.addEventListener("error", (event) => {
    // It is told to whoever runs a job; Deno would end the whole program.
    event.preventDefault();
    gone(errorOf(event));
  });
  port.addEventListener("close", () => gone("its port was closed"));
  port.start?.();
}

/** Ends the worker, or closes the port where it is only that. */
export function closePort(port: Port): void {
  if (port.terminate) port.terminate();
  else port.close?.();
}

/** A worker whose file is not there, or is no JavaScript, gives an event that says nothing. */
function errorOf({ message, filename, lineno }: PortEvent): string {
  if (!message)
    return "its file could not be loaded: the address is wrong, or what it gives is no JavaScript";
  return filename ? `${message} at ${filename}:${lineno}` : message;
}

const messageOf = (error: unknown) =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);
