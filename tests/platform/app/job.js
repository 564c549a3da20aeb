/** A worker's file, for workers of the web and of node:worker_threads alike. */
import { ArgumentError, matmul, scope, tensor } from "lanegrad/functions";
import { expose } from "lanegrad/worker";

expose(async function* (count, _signal, { offerCheckpoint }) {
  offerCheckpoint(() => ({ "count.bin": Uint8Array.of(count) }));
  for (let i = 0; i < count; i++) yield scope(() => matmul(tensor([[i]]), tensor([[2]])).item());
  throw new ArgumentError("job", "more to count", count);
});
