/** What the library asks of the place it runs in; one is supplied through `#platform`. */
export interface Platform {
  readonly name: string;
  /** Bytes that a runtime may use unless told otherwise. */
  readonly maxMemory: number;
  /** Milliseconds from some fixed instant; may stand still while computing (workerd). Only for reports. */
  now(): number;
  /** Resolves in a later macrotask, so that timers, clicks and signals get their turn. */
  breathe(): Promise<void>;
}
