/** `lanegrad/worker`: a training, or any other job, in a worker, so that the page stays quick. */
export { type Connection, type ConnectOptions, connect } from "./connect.ts";
export { expose } from "./expose.ts";
export type { Job, JobContext, NamedBytes } from "./job.ts";
export type { NodePort, Port, WebPort } from "./port.ts";
export type { Run } from "./run.ts";
