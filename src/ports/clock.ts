/** Time, so that tests can turn it by hand. */
export interface Clock {
  /** Milliseconds, monotonic, from an arbitrary start. */
  now(): number;
  /** Calls `fn` once after `ms`; the returned function forgets it. */
  after(ms: number, fn: () => void): () => void;
}
