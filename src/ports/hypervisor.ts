import type { DomainSpec } from '../model/domain.ts';
import type { Environment } from '../model/environment.ts';
import type { BuiltImage } from './images.ts';
import type { Pace } from './pace.ts';

/**
 * What drives domains: QEMU here, Xen's `xl` on a Dom0, a simulator in fast tests. One contract
 * for all of them (test/contract/hypervisor.ts). Every name on the host derives from `id`, so that
 * whatever a crash left behind can be found and removed.
 */
export interface Hypervisor {
  readonly kind: 'qemu' | 'xen' | 'simulator';
  /** Resolves when the domain runs (QEMU: the process runs and answers on QMP). */
  create(request: DomainRequest): Promise<RunningDomain>;
  /**
   * Goes on with a domain of this id that another process has created and left running; one that is
   * paused goes on. Undefined where there is none. Absent where no domain outlives its process.
   */
  adopt?(request: AdoptionRequest): Promise<RunningDomain | undefined>;
  /** A domain that was saved; else as `adopt`. `memory` is the file, and stays as it is. */
  restore?(request: AdoptionRequest & { readonly memory: string }): Promise<RunningDomain>;
  /**
   * Creates a domain that never runs until it is started: its image waits for what the run brings.
   * Absent where a domain is created in no time.
   */
  ready?(request: ReadyRequest): Promise<ReadyDomain>;
}

/** What must be known of a domain before its run is. */
export type ReadyRequest = Pick<
  DomainRequest,
  'id' | 'name' | 'domain' | 'environment' | 'image' | 'folder' | 'machine' | 'signal'
>;

/** A paused domain that has not run yet. */
export interface ReadyDomain {
  /** Settles when it is gone or runs. Never rejects. */
  readonly over: Promise<void>;
  /** Hands it the `own` part of the run's image and lets it run; once. As `create` otherwise. */
  start(request: DomainRequest & { readonly token: string }): Promise<RunningDomain>;
  /** Resolves when nothing is left of it; nothing once it was started. */
  destroy(): Promise<void>;
}

interface AdoptionRequest extends DomainRequest {
  /** `onConsole` has been given all that the process before has read of the console. */
  readonly onCaughtUp: () => void;
}

export interface DomainRequest {
  /** Unique on the host: letters, digits, `-`, `_`. */
  readonly id: string;
  /** What people call it; the hypervisor shows it. */
  readonly name: string;
  readonly domain: DomainSpec;
  readonly environment: Environment;
  readonly image: BuiltImage;
  /** An existing folder of this run for sockets and logs. */
  readonly folder: string;
  /** `fast` at first; `conservative` where the fast one hung in early boot. */
  readonly machine: 'fast' | 'conservative';
  /** Called with what the guest writes on its console, from the first byte, in order. */
  readonly onConsole: (bytes: Uint8Array) => void;
  /**
   * From now on `adopt` would find it, and it is whole. Called before it runs, or has got all that it
   * waits for; never where no domain outlives its process.
   */
  readonly onAdoptable?: () => void;
  /** Of `onConsole`: a guest that writes faster is made to wait. */
  readonly pace?: Pace;
  readonly signal: AbortSignal;
}

export interface RunningDomain {
  /** Of the hypervisor's process for this domain, where there is one. */
  readonly pid?: number;
  /** For people and for the result: `qemu pc, tcg`. */
  readonly description: string;
  /** Settles once, after the last console byte was delivered. Never rejects. */
  readonly ended: Promise<DomainEnd>;
  /** Asks the guest to power off (ACPI, xl shutdown); one that is paused goes on. It may not obey. */
  shutdown(): void;
  /** Its processors stand still until `unpause`. Idempotent; rejects where it cannot be done. */
  pause(): Promise<void>;
  unpause(): Promise<void>;
  isPaused(): boolean;
  /** Types on its console; rejects where nothing takes it. */
  type(bytes: Uint8Array): Promise<void>;
  /**
   * Writes its memory to a file. While `keep` runs it stands still; then it ends as `saved`. Where any of
   * that fails it goes on. Absent, as is `migrate`, where the hypervisor does not do it.
   */
  save?(file: string, keep: () => Promise<void>): Promise<void>;
  /** Moves it to another host, where it goes on; here it ends as `migrated`, after `moved`. */
  migrate?(to: MigrationTarget, moved: () => void): Promise<void>;
  /** Ends it at once; `ended` follows. Idempotent. */
  destroy(): void;
  /**
   * Processor seconds that the domain has used so far; tells slow from hung. Undefined where the
   * hypervisor does not tell, and at the end.
   */
  processorSeconds(): number | undefined;
}

export interface MigrationTarget {
  readonly host: string;
  /** In the place of ssh, as xl takes it; empty: the host is a command itself. */
  readonly command?: string;
}

export type DomainEnd =
  /** The guest powered itself off (or halted). */
  | { readonly reason: 'poweroff' }
  /** The guest rebooted, which ends a throwaway domain too. */
  | { readonly reason: 'reboot' }
  /** Its kernel panicked. */
  | { readonly reason: 'crash' }
  /** Its watchdog found that it did nothing any more. */
  | { readonly reason: 'watchdog' }
  /** `destroy()` was called, or somebody else did the like. */
  | { readonly reason: 'destroyed' }
  /** Its memory is in a file, or on another host: it goes on later, or there. */
  | { readonly reason: 'saved' | 'migrated' }
  /** The host could not keep what the guest wrote, or give what it read: its disk is full or broken. */
  | { readonly reason: 'host-io'; readonly detail: string }
  /**
   * The hypervisor itself failed or was killed; `detail` is the end of its own messages, and `hint`
   * what to do where that is known.
   */
  | { readonly reason: 'failed'; readonly detail: string; readonly hint?: string };
