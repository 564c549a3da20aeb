import type { NamedBytes } from "./job.ts";
import type { PackedThrown } from "./packedThrown.ts";

/**
 * What crosses the port. A run has a name, so that a late message of an old one touches no other.
 *
 *   page                           worker
 *   hello           →              (is `expose` there yet?)
 *                   ←  ready       (when it is; also unasked)
 *   run             →
 *   pull            →              one for each step that the page wants
 *                   ←  step
 *   pause, resume   →
 *   checkpoint      →
 *                   ←  files, or refusal
 *   stop            →
 *                   ←  end, or error
 */
export type Request =
  | { readonly kind: "hello" }
  | { readonly kind: "run"; readonly run: string; readonly options: unknown; readonly ahead: number }
  | { readonly kind: "pull" | "pause" | "resume"; readonly run: string }
  | { readonly kind: "stop"; readonly run: string; readonly reason: PackedThrown }
  | { readonly kind: "checkpoint"; readonly run: string; readonly request: number };

export type Reply =
  | { readonly kind: "ready" }
  | { readonly kind: "step"; readonly run: string; readonly value: unknown }
  | { readonly kind: "end"; readonly run: string }
  | { readonly kind: "error"; readonly run: string; readonly error: PackedThrown }
  | { readonly kind: "files"; readonly run: string; readonly request: number; readonly files: NamedBytes }
  | {
      readonly kind: "refusal";
      readonly run: string;
      readonly request: number;
      readonly error: PackedThrown;
    };

/** Marks our messages among those of others on the same port. */
const PROTOCOL = "lanegrad/worker 1";

export const sealed = <Message extends Request | Reply>(message: Message) => ({
  ...message,
  protocol: PROTOCOL,
});

/** The message, where it is one of ours that comes from the other side. */
export function opened<Message extends Request | Reply>(
  data: unknown,
  kinds: readonly Message["kind"][],
): Message | null {
  if (typeof data !== "object" || data === null) return null;
  const { protocol, kind } = data as { readonly protocol?: unknown; readonly kind?: unknown };
  return protocol === PROTOCOL && kinds.includes(kind as Message["kind"]) ? (data as Message) : null;
}

export const REQUESTS: readonly Request["kind"][] = [
  "hello",
  "run",
  "pull",
  "pause",
  "resume",
  "stop",
  "checkpoint",
];
export const REPLIES: readonly Reply["kind"][] = ["ready", "step", "end", "error", "files", "refusal"];
