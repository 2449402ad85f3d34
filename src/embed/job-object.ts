import type { Condition } from '../model/condition.ts';
import type {
  ConsoleSpec,
  DomainSpec,
  GuestInit,
  ImageSource,
  ImageSpec,
} from '../model/domain.ts';
import type { JobDefinition, SpoolSpec } from '../model/job.ts';

/** Fields that are said as JobDefinition says them, and may be left out. */
type Same<T, Keys extends keyof T> = Readonly<Partial<Pick<T, Keys>>>;

/**
 * A job as an object, in which only what matters must be said. It is what a job file of the dialect
 * `domstart` would make of the same settings; what is left out has Upstart's default.
 */
export interface JobObject extends GuestJobObject {
  /** A folder that is a queue. Only a daemon serves it. */
  readonly spool?: SpoolSpec;
  /** Makes the job's main process a domain, in the place of `exec` and `script`. */
  readonly domain?: DomainObject;
}

/** A job that runs inside a domain: all that a job is, but for a domain of its own. */
interface GuestJobObject
  extends Same<
    JobDefinition,
    | 'description'
    | 'author'
    | 'version'
    | 'usage'
    | 'emits'
    | 'export'
    | 'instance'
    | 'task'
    | 'respawn'
    | 'normalExit'
    | 'killTimeout'
    | 'killSignal'
    | 'reloadSignal'
    | 'expect'
    | 'umask'
    | 'nice'
    | 'oomScore'
    | 'limits'
    | 'chroot'
    | 'chdir'
    | 'setuid'
    | 'setgid'
    | 'apparmorLoad'
    | 'apparmorSwitch'
    | 'cgroups'
  > {
  readonly name: string;
  /** As behind the words `start on`: `'startup or file FILE=*.job'`. */
  readonly startOn?: string | Condition;
  readonly stopOn?: string | Condition;
  /** Starts by hand only, whatever `startOn` says. */
  readonly manual?: boolean;
  /**
   * Values by name; or a list of `NAME=VALUE`, and of names alone whose values are taken from
   * outside.
   */
  readonly env?: Readonly<Record<string, string | number>> | readonly string[];
  /** The main process: a command line, or a program and its arguments, each taken as it is. */
  readonly exec?: Command;
  /** The main process: a script for sh. */
  readonly script?: string;
  readonly preStart?: ProcessObject;
  readonly postStart?: ProcessObject;
  readonly preStop?: ProcessObject;
  readonly postStop?: ProcessObject;
  /** So many starts within so many seconds. Default 10 in 5. */
  readonly respawnLimit?: { readonly limit: number; readonly interval: number } | 'unlimited';
  readonly console?: 'none' | 'log' | 'output' | 'owner';
}

export type Command = string | readonly [program: string, ...words: string[]];

export type ProcessObject =
  | { readonly exec: Command; readonly script?: never }
  | { readonly script: string; readonly exec?: never };

/** `image`, `domain`, `console` and `guest` stanzas. */
export interface DomainObject
  extends Omit<Partial<DomainSpec>, 'image' | 'console' | 'guest' | 'autostart'> {
  readonly image: ImageObject;
  readonly console?: Partial<ConsoleSpec>;
  readonly guest?: GuestObject;
  readonly autostart?: boolean;
}

export interface ImageObject extends Omit<Partial<ImageSpec>, 'source'> {
  readonly source: 'busybox' | ImageSource;
}

export interface GuestObject extends GuestJobObject {
  /** Default: `direct` where the image is busybox, otherwise `event.d`. */
  readonly init?: GuestInit;
}
