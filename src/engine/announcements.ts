import { EventEmitter } from 'eventemitter3';
import type { DomstartError } from '../model/errors.ts';
import { toDomstartError } from '../model/errors.ts';
import type { Event } from '../model/event.ts';
import type { ProcessName } from '../model/job.ts';
import type { Ending, OutputLine, Progress } from '../ports/main-process.ts';
import type { Goal, State } from './job-state.ts';
import type { RunResult } from './run-record.ts';

export interface OfInstance {
  readonly job: string;
  readonly instance: string;
  /** event.d, whose instances have no names: UPSTART_JOB_ID. */
  readonly id?: number;
  /** event.d: the serial of the event that the instance was started or stopped by. */
  readonly cause?: number;
}

/** Everything that an engine tells, by type. In the order in which it happened. */
export interface Announcements {
  /** `failed` is meaningful where finished. */
  event: {
    readonly progress: 'queued' | 'handling' | 'finished';
    readonly event: Event;
    readonly serial: number;
    readonly failed: boolean;
  };
  /** A `start on` came true and found or made this instance, whatever its goal was. */
  matched: OfInstance;
  goal: OfInstance & { readonly from: Goal; readonly to: Goal };
  state: OfInstance & { readonly from: State; readonly to: State };
  process: OfInstance & { readonly process: ProcessName } & ProcessAnnouncement;
  /** A definition that was replaced or taken away: it waits for its instances to end, or is gone. */
  definition: { readonly kind: 'waiting' | 'destroyed'; readonly job: string };
  /** What became of the files that jobs come from; told by who reads them. */
  configuration: ConfigurationNote;
  /** For people; `warning` where they should do something about it. */
  notice: { readonly text: string; readonly severity?: 'warning' };
  /** An instance is gone, or an event could not make one. */
  instance: /** `each`: its job makes a nameless one for every start, as `instance` of event.d does. */
    | (OfInstance & { readonly kind: 'destroyed'; readonly each?: true })
    | { readonly kind: 'failed'; readonly job: string; readonly error: DomstartError };
  output: OfInstance & { readonly line: OutputLine };
  progress: OfInstance & { readonly progress: Progress };
  result: RunResult;
  /** A defect: of a listener, or of the engine itself. */
  fault: { readonly error: DomstartError; readonly where: string };
}

/** `file` is below its folder, as Upstart tells it: `sub/one.conf`. */
export type ConfigurationNote =
  | { readonly kind: 'load' | 'override'; readonly job: string; readonly file: string }
  | { readonly kind: 'deleted'; readonly file: string }
  | {
      readonly kind: 'error' | 'warning';
      readonly file: string;
      /** From 1. */
      readonly line: number;
      readonly column: number;
      readonly code: string;
      readonly message: string;
      readonly hint?: string;
      /** What becomes of the job: it is what the file says, stays as it was, or is not there. */
      readonly effect: 'defined' | 'kept' | 'none';
    };

export type ProcessAnnouncement =
  | { readonly kind: 'spawn'; readonly pid?: number }
  | { readonly kind: 'spawn-failed'; readonly error: DomstartError }
  | { readonly kind: 'exit'; readonly ending: Exclude<Ending, { kind: 'failed' }> }
  /** It ran, but could not be watched to its end. */
  | { readonly kind: 'lost'; readonly error: DomstartError }
  | { readonly kind: 'kill'; readonly signal: string | number }
  /** `expect`: the main process is now this one, which the one before forked. */
  | { readonly kind: 'fork'; readonly pid: number }
  | { readonly kind: 'stopped' | 'continued'; readonly signal: string }
  | { readonly kind: 'respawning' }
  | { readonly kind: 'respawn-limit' };

export type AnnouncementType = keyof Announcements;

const TYPES: Readonly<Record<AnnouncementType, true>> = {
  event: true,
  matched: true,
  goal: true,
  state: true,
  process: true,
  definition: true,
  configuration: true,
  notice: true,
  instance: true,
  output: true,
  progress: true,
  result: true,
  fault: true,
};

export const ANNOUNCEMENT_TYPES = Object.keys(TYPES) as readonly AnnouncementType[];

/** May be async; nobody waits for it. */
export type Listener<Type extends AnnouncementType> = (told: Announcements[Type]) => void;

type Note = { [Type in AnnouncementType]: readonly [Type, Announcements[Type]] }[AnnouncementType];

/**
 * Notes what happens and tells it when the engine is at rest (`flush`), so that a listener may
 * call anything of the engine. A listener that throws or rejects harms nobody: it becomes a
 * `fault`.
 */
export class Announcer {
  readonly #emitter = new EventEmitter();
  readonly #wake: () => void;
  #notes: Note[] = [];
  #flushing = false;

  constructor(wake: () => void) {
    this.#wake = wake;
  }

  on<Type extends AnnouncementType>(type: Type, listener: Listener<Type>): () => void {
    // A function of its own, so that ending one does not end another with the same listener.
    const own = (told: Announcements[Type]) => listener(told);
    this.#emitter.on(type, own);
    return () => {
      this.#emitter.off(type, own);
    };
  }

  note<Type extends AnnouncementType>(type: Type, told: Announcements[Type]): void {
    if (this.#emitter.listenerCount(type) === 0) return;
    this.#notes.push([type, told] as unknown as Note);
    this.#wake();
  }

  flush(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    while (this.#notes.length > 0) {
      const notes = this.#notes;
      this.#notes = [];
      for (const [type, told] of notes) this.#tell(type, told);
    }
    this.#flushing = false;
  }

  #tell(type: AnnouncementType, told: unknown): void {
    for (const listener of this.#emitter.listeners(type)) {
      try {
        const pending: unknown = listener(told);
        if (isThenable(pending)) pending.then(undefined, (error) => this.#noteFault(type, error));
      } catch (error) {
        this.#noteFault(type, error);
      }
    }
  }

  #noteFault(type: AnnouncementType, error: unknown): void {
    if (type === 'fault') return;
    this.note('fault', { error: toDomstartError(error), where: `a listener of "${type}"` });
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined | null)?.then === 'function';
}
