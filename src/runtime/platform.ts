/** What the library asks of the place it runs in; one is supplied through `#platform`. */
export interface Platform {
  readonly name: string;
  /** Bytes that a runtime may use unless told otherwise. */
  readonly maxMemory: number;
  /** Milliseconds from some fixed instant. Only for reports and for when to breathe. */
  now(): number;
  /** Whether the clock stands still while computing, as on workerd: then every step breathes. */
  readonly clockStands: boolean;
  /** Resolves in a later macrotask, so that timers, clicks and signals get their turn. */
  breathe(): Promise<void>;
}
