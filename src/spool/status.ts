/** How a spool is doing, as who serves it tells. */
export interface SpoolStatus {
  readonly spool: string;
  readonly job: string;
  /**
   * `standby`: somebody else serves it. `full`: its disk is. `troubled`: something fails, and is tried
   * again. `opening`: it is about to be served.
   */
  readonly state: 'serving' | 'held' | 'full' | 'troubled' | 'standby' | 'opening';
  /** Why nothing is claimed at this moment, where there is more to claim. */
  readonly reason?: string;
  readonly limit: number;
  readonly running: readonly {
    readonly run: string;
    readonly name: string;
    readonly attempt: number;
    /** Milliseconds since 1970. */
    readonly since: number;
    /** It has failed, and its domain stays until then to be looked into. */
    readonly kept?: { readonly domain: string; readonly until: number };
  }[];
  /** What was cut off and is run again as soon as there is a place: some of it. */
  readonly again: readonly {
    readonly run: string;
    readonly name: string;
    readonly attempt: number;
  }[];
  /** What has not arrived yet: some of it. */
  readonly growing: readonly { readonly name: string; readonly why: string }[];
}
