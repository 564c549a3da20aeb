/**
 * A Cloudflare Worker that writes with a model of `lanegrad train`.
 *
 *   GET /generate?prompt=The&tokens=200&temperature=0.8&topK=40&seed=1    server-sent events, one for each token
 *   GET /status                                                           what this isolate has done and holds
 */
import { ArgumentError, generate, memoryStats, Random } from "lanegrad/functions";
import { type Environment, loadWriter, type Writer } from "./checkpoint.ts";
import { type Question, readQuestion } from "./question.ts";

interface Context {
  waitUntil(promise: Promise<unknown>): void;
}

/** Cloudflare's own: unlike a TransformStream's, its writes fail for certain when the client has left. */
declare class IdentityTransformStream extends TransformStream<Uint8Array, Uint8Array> {}

/** One model for all requests of an isolate. What a request computes is freed with it. */
let writer: Promise<Writer> | undefined;
const status = { loads: 0, streams: 0, tokens: 0 };

export default {
  async fetch(request: Request, environment: Environment, context: Context): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (request.method !== "GET") return refusal(405, `wanted GET, got ${request.method}`);
    if (pathname === "/status") return Response.json({ ...status, memory: memoryStats() });
    if (pathname !== "/generate") return refusal(404, "there are /generate?prompt=… and /status");
    const ready = await sharedWriter(environment, context);
    let question: Question;
    try {
      question = readQuestion(searchParams, ready);
    } catch (error) {
      if (error instanceof ArgumentError) return refusal(400, error.message);
      throw error;
    }
    const { readable, writable } = new IdentityTransformStream();
    context.waitUntil(answer(writable, question, ready));
    const headers = { "Content-Type": "text/event-stream", "Cache-Control": "no-store" };
    return new Response(readable, { headers });
  },
};

const refusal = (code: number, error: string) => Response.json({ error }, { status: code });

/** The first request loads the model; `waitUntil` lets it finish for the others though its client may leave. */
function sharedWriter(environment: Environment, context: Context): Promise<Writer> {
  if (writer === undefined) {
    status.loads++;
    writer = loadWriter(environment).catch((error) => {
      writer = undefined;
      throw error;
    });
    context.waitUntil(writer);
  }
  return writer;
}

/**
 * Computes a token when the client has taken the last; between two, other requests get their turn. When the client has left, the write
 * fails, and leaving the loop frees what the generation holds.
 */
async function answer(
  stream: WritableStream<Uint8Array>,
  { prompt, seed, ...sampling }: Question,
  { model, tokenizer }: Writer,
): Promise<void> {
  const events = stream.getWriter();
  const send = (name: string, data: object) =>
    events.write(new TextEncoder().encode(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`));
  status.streams++;
  try {
    const options = { ...sampling, tokenizer, random: new Random(seed) };
    for await (const { text } of generate(model, prompt, options)) {
      status.tokens++;
      await send("token", { text });
    }
    await send("done", { seed });
  } catch (error) {
    // The status is sent already, so only an event can say it, to whoever is still there.
    await send("failure", { error: String(error) }).catch(() => {});
  } finally {
    status.streams--;
    await events.close().catch(() => {});
  }
}
