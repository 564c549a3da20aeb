import {
  CharacterTokenizer,
  dispose,
  Gpt,
  type GptConfig,
  loadTensors,
  Random,
  readModel,
  readTokenizerJson,
  type Tokenizer,
} from "lanegrad/functions";

/** Of Cloudflare's types, the part that is used here; `npx wrangler types` writes all of them. */
export interface Environment {
  /** Static files, 25 MiB each at most. */
  readonly ASSETS?: { fetch(url: URL): Promise<Response> };
  /** An R2 bucket, for larger checkpoints; where it is bound, the static files are not asked. */
  readonly CHECKPOINT?: {
    get(name: string): Promise<{ body: ReadableStream<Uint8Array>; size: number } | null>;
  };
}

/** A model that goes on with texts. */
export interface Writer {
  readonly model: Gpt;
  readonly tokenizer: Tokenizer;
}

/** Of the files that `lanegrad train` leaves in a step's folder, those that a model needs to be used. */
const FILES = ["config.json", "trainer.json", "model.safetensors"];

/** Reads the checkpoint and makes its model. */
export async function loadWriter(environment: Environment): Promise<Writer> {
  const contents = await Promise.all(FILES.map((name) => readFile(environment, name)));
  const files = Object.fromEntries(FILES.map((name, i) => [name, contents[i]!]));
  const { config, model: weights, trainer } = readModel(files);
  const tokenizer = await loadTokenizer(environment, trainer);
  const model = new Gpt(config as GptConfig, { random: new Random(0), initial: "zeros" });
  try {
    loadTensors(model, weights);
  } catch (error) {
    // The next request tries again, and must find its memory free.
    dispose(model);
    throw error;
  }
  return { model, tokenizer };
}

/** Of characters: in what the trainer noted. Of byte pairs (`lanegrad train --tokenizer bpe`): in a file of its own. */
async function loadTokenizer(
  environment: Environment,
  { tokenizer }: { readonly tokenizer?: { readonly kind?: unknown } },
): Promise<Tokenizer> {
  if (tokenizer?.kind !== "bytePair") return CharacterTokenizer.fromJSON(tokenizer, "trainer.json");
  return readTokenizerJson(await readFile(environment, "tokenizer.json"));
}

async function readFile({ ASSETS, CHECKPOINT }: Environment, name: string): Promise<Uint8Array> {
  if (CHECKPOINT) {
    const object = await CHECKPOINT.get(name);
    if (object === null) throw new Error(`the bucket has no ${name}`);
    return collect(object.body, object.size);
  }
  const response = await ASSETS?.fetch(new URL(name, "https://checkpoint/"));
  if (!response?.ok) throw new Error(`there is no checkpoint/${name}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** The bytes of a stream, without the second copy that `arrayBuffer()` needs for a moment: 128 MB are soon full. */
async function collect(stream: ReadableStream<Uint8Array>, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let at = 0;
  for await (const chunk of stream) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
