/**
 * The lifecycle of one job as a state machine that Stately's tools and XState's `createActor` take
 * (machine-of-job.ts makes it). These types name nothing of XState, so that whoever has no use for
 * it needs it neither.
 */
import type { JobDefinition } from '../model/job.ts';
import type { Ending } from '../ports/main-process.ts';
import type { Goal } from './job-state.ts';

/** The name of an action or guard; with what it is told where that matters. */
export type NamedStep =
  | string
  | { readonly type: string; readonly params: Readonly<Record<string, unknown>> | string };

export interface SimulatedTransition {
  readonly target?: string;
  readonly guard?: NamedStep;
  readonly actions?: readonly NamedStep[];
  readonly description?: string;
}

export interface SimulatedState {
  readonly description?: string;
  readonly type?: 'final';
  readonly initial?: string;
  readonly entry?: readonly NamedStep[];
  readonly invoke?: readonly { readonly id: string; readonly src: string }[];
  readonly always?: readonly SimulatedTransition[];
  readonly on?: Readonly<Record<string, readonly SimulatedTransition[]>>;
  readonly states?: Readonly<Record<string, SimulatedState>>;
}

/** What XState's `createMachine` and Stately's editor take: plain JSON. */
export interface SimulatedConfig extends SimulatedState {
  readonly id: string;
  readonly context: Readonly<Record<string, unknown>>;
}

/** What can happen to the job. What an event does not say is as for a good end. */
export interface SimulatedEvent {
  readonly type:
    | 'goal.start'
    | 'goal.stop'
    | 'event.finished'
    | 'main.prepared'
    | 'main.spawned'
    | 'main.settled'
    | 'main.ready'
    | 'main.ended'
    | 'main.cleaned'
    | 'main.failed'
    | 'process.ended'
    | 'kill.due'
    | 'deadline.due';
  /** Of `main.ended` and `process.ended`. Default: it exited with status 0. */
  readonly ending?: Ending;
  /** Of `main.ended`: seconds of the clock, for `respawn limit`. Default 0. */
  readonly now?: number;
  /** Of `main.spawned`: what `expect` waits for has not come yet. Default: where the job has one. */
  readonly awaited?: boolean;
  /** Of `main.failed`: it failed because the goal became stop. Default false. */
  readonly gaveWay?: boolean;
}

type SnapshotStatus =
  | { readonly status: 'active' | 'stopped'; readonly output: undefined; readonly error: undefined }
  | { readonly status: 'done'; readonly output: unknown; readonly error: undefined }
  | { readonly status: 'error'; readonly output: undefined; readonly error: unknown };

/** `'waiting'`, or nested: `{ run: { preStart: 'process' } }`. */
type SimulatedStateValue = string | { readonly [state: string]: SimulatedStateValue | undefined };

export type SimulatedSnapshot = SnapshotStatus & {
  readonly value: SimulatedStateValue;
  readonly context: { readonly job: JobDefinition; readonly goal: Goal; readonly alive: boolean };
};

/** Whatever XState hands to its machines. */
type Scope = unknown;

export interface JobMachine {
  readonly id: string;
  readonly config: SimulatedConfig;
  transition(snapshot: SimulatedSnapshot, event: SimulatedEvent, scope: Scope): SimulatedSnapshot;
  getInitialSnapshot(scope: Scope, input?: unknown): SimulatedSnapshot;
  getPersistedSnapshot(snapshot: SimulatedSnapshot, options?: unknown): SimulatedSnapshot;
}
