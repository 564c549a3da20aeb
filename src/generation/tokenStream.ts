/**
 * Tokens as they come: a loop with `for await`, or a web stream. Nothing is computed before it is asked for,
 * and leaving the loop or cancelling the stream frees what the generation holds.
 */
export class TokenStream<Token extends { readonly text: string }> implements AsyncIterableIterator<Token> {
  readonly #tokens: AsyncGenerator<Token, undefined>;

  constructor(tokens: AsyncGenerator<Token, undefined>) {
    this.#tokens = tokens;
  }

  next(): Promise<IteratorResult<Token, undefined>> {
    return this.#tokens.next();
  }

  return(): Promise<IteratorResult<Token, undefined>> {
    return this.#tokens.return(undefined);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** A stream of the records. It takes the place of the loop: use one of them. */
  toReadableStream(): ReadableStream<Token> {
    return this.#stream((token) => token);
  }

  /** A stream of the text in UTF-8, as `new Response(…)` takes it. */
  toTextStream(): ReadableStream<Uint8Array> {
    const encoder = new TextEncoder();
    return this.#stream(({ text }) => (text === "" ? null : encoder.encode(text)));
  }

  /** A stream of what `convert` makes of each token; null is left out. */
  #stream<Chunk>(convert: (token: Token) => Chunk | null): ReadableStream<Chunk> {
    const pull = async (controller: ReadableStreamDefaultController<Chunk>): Promise<void> => {
      for (;;) {
        const { done, value } = await this.next();
        if (done) return controller.close();
        const chunk = convert(value);
        if (chunk !== null) return controller.enqueue(chunk);
      }
    };
    const cancel = async (): Promise<void> => {
      await this.return();
    };
    return new ReadableStream<Chunk>({ pull, cancel }, { highWaterMark: 0 });
  }
}
