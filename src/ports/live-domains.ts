import type { MigrationTarget } from './hypervisor.ts';

/** A domain that runs, for people who look at it and take part in its life. */
export interface LiveDomain {
  /** Of its run: unique on the host. */
  readonly id: string;
  /** As `domain name` says, or its job's. */
  readonly name: string;
  readonly job: string;
  readonly instance: string;
  /** `qemu pc, tcg`, `xen pv, domain 7`. */
  readonly description: string;
  /** Of the hypervisor's process for it, where there is one. */
  readonly pid?: number;
  /** Milliseconds since 1970. */
  readonly since: number;
  isPaused(): boolean;
  /** Its processors stand still. Idempotent; rejects where the hypervisor does not do it. */
  pause(): Promise<void>;
  unpause(): Promise<void>;
  /**
   * Saves it into a folder that is not there yet. `onSaved` is called when all of it is there, before it
   * ends; rejects where it goes on. Absent, as is `migrate`, where the hypervisor does not do it.
   */
  save?(into: string, onSaved: () => void): Promise<void>;
  /** `onMoved` is called when it runs there, before it ends here. */
  migrate?(to: MigrationTarget, onMoved: () => void): Promise<void>;
  /** Asks the guest to power off, and goes on where it is paused. */
  shutdown(): void;
  /** Ends it at once. */
  destroy(): void;
}

/** The domains that run in one engine. */
export interface LiveDomains {
  /** Returns what takes it out again. */
  add(domain: LiveDomain): () => void;
  /** The oldest first. */
  list(): readonly LiveDomain[];
  /** By the id of its run. Throws `domain-unknown`. */
  find(id: string): LiveDomain;
}
