/** All in milliseconds by the clock. */
export interface WatchTiming {
  /** From the first notice to the hint: what comes together is told together. */
  readonly debounce: number;
  /** How often a folder is looked at although the kernel is silent; its queue can overflow. */
  readonly rescan: number;
  /** The same for a folder that the kernel cannot watch. */
  readonly unwatchedRescan: number;
}

export const defaultTiming: WatchTiming = { debounce: 5, rescan: 10_000, unwatchedRescan: 1_000 };
