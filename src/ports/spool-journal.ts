/** What is kept of one file of a spool, so that a crash loses nothing and does nothing twice. */
export interface SpoolEntry {
  /** Of this file's run: unique on the host; lower-case letters, digits and `-`. */
  readonly run: string;
  /** The spool's folder: absolute, without links. */
  readonly spool: string;
  /** Of the file in `in/`: bytes, as names are data. */
  readonly name: Uint8Array;
  readonly job: string;
  /**
   * `claimed`: taken out of `in/` for this attempt. `ended`: its result is whole, and goes to
   * `outcome`/`target`. `over`: it is there, and nothing is left to do.
   */
  readonly step: 'claimed' | 'ended' | 'over';
  /** From 1: how often it has been begun. */
  readonly attempt: number;
  readonly outcome?: 'done' | 'failed';
  /** Its name in that folder: `name`, or one beside what has that name there. */
  readonly target?: Uint8Array;
  /** Of a failure, for people; one line. */
  readonly reason?: string;
  /** Milliseconds since 1970. */
  readonly claimedAt: number;
  readonly endedAt?: number;
}

/** The durable part of a spool; see SpoolEntry. */
export interface SpoolJournal {
  /**
   * Takes the place of what there is of this run. Resolves when it is on the disk; what is kept in
   * the same turn is synced once. Rejects with `no-room` or `journal-failed`, and then nothing of it
   * is kept.
   */
  keep(entry: SpoolEntry): Promise<void>;
  /** As `keep` of what a crash may undo: within a moment, and nobody waits for it. */
  note(entry: SpoolEntry): void;
  /** Forgets a run altogether, as after it was given back to `in/`. Otherwise as `keep`. */
  forget(run: string): Promise<void>;
  /** Those of this spool that are not `over`, the oldest first. */
  unfinished(spool: string): readonly SpoolEntry[];
}
