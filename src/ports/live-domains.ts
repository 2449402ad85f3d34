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
  /** Milliseconds since 1970, where its run has failed and it stays so long to be looked into. */
  keptUntil(): number | undefined;
  /** Its processors stand still. Idempotent; rejects where the hypervisor does not do it. */
  pause(): Promise<void>;
  unpause(): Promise<void>;
  /** Types on its console; rejects where nothing takes it. */
  type(bytes: Uint8Array): Promise<void>;
  /** What its console showed last, oldest first, and what it shows until it ends; the result ends it. */
  watch(onLine: (line: string) => void): Watching;
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

/** Somebody looks at a console. */
interface Watching {
  readonly before: readonly string[];
  /** Settles when the domain has ended. Never rejects. */
  readonly over: Promise<void>;
  stop(): void;
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
