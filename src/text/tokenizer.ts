/** Text to ids and back. */
export interface Tokenizer {
  /** Ids run from 0 to below this: rows of the model's embedding. */
  readonly vocabSize: number;
  /** Tokens that no plain text gives, by name: an end of text, a mask. */
  readonly specialTokens: ReadonlyMap<string, number>;
  encode(text: string, options?: EncodeOptions): Int32Array<ArrayBuffer>;
  /** @throws ArgumentError for an id that is no token's */
  decode(ids: ArrayLike<number>, options?: DecodeOptions): string;
  /** A decoder for ids that come one at a time, of one text. */
  decodeStream(options?: DecodeOptions): StreamDecoder;
}

/** How names of special tokens within a text are read. */
export interface EncodeOptions {
  /** Those that stand for the special token. What else the text has of them is refused or plain text. */
  readonly allowedSpecial?: "all" | readonly string[];
  /**
   * Those that are refused with an ArgumentError: a prompt from outside must not end a turn or pose as one.
   * `allowedSpecial` comes first, and what is in neither is read as plain text.
   */
  readonly disallowedSpecial?: "all" | readonly string[];
}

export interface DecodeOptions {
  /** Leave special tokens out of the text. Default false. */
  readonly skipSpecial?: boolean;
}

/** Joined, what it gives is what `decode` gives for all the ids; never half a character. */
export interface StreamDecoder {
  /** The text that has become certain by this id: empty while a character is incomplete. */
  push(id: number): string;
  /** The rest: U+FFFD for a character whose bytes never came. The decoder is as new afterwards. */
  flush(): string;
}
