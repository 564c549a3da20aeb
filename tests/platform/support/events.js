/** The server-sent events of a response, each as its name and its data; `seen` is called as each comes. */
export async function eventsOf(response, seen = () => {}) {
  const events = [];
  for await (const event of read(response)) {
    events.push(event);
    seen(event);
  }
  return events;
}

/** Reads `count` events and then hangs up. */
export async function firstEvents(response, count) {
  const events = [];
  for await (const event of read(response)) {
    events.push(event);
    if (events.length === count) break;
  }
  return events;
}

/** The written text, without the prompt. */
export const textOf = (events) => events.map(({ data }) => data.text ?? "").join("");

async function* read(response) {
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  let text = "";
  // Leaving the loop cancels the body.
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    text += piece;
    const blocks = text.split("\n\n");
    text = blocks.pop();
    for (const block of blocks) {
      const [, name, data] = /^event: (.*)\ndata: (.*)$/.exec(block);
      yield { name, data: JSON.parse(data) };
    }
  }
  if (text !== "") throw new Error(`the stream ends with ${JSON.stringify(text)}`);
}
