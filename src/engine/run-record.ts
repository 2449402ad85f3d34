import type { DomstartError } from '../model/errors.ts';
import type { Ending, Progress } from '../ports/main-process.ts';
import type { Failure } from './job-events.ts';

/** What became of one instance, from leaving `waiting` to being back there. Plain data. */
export interface RunResult {
  readonly job: string;
  /** Empty where the job has no `instance`. */
  readonly instance: string;
  /** event.d, whose instances have no names: UPSTART_JOB_ID. */
  readonly id?: number;
  /** RESULT of the `stopped` event. */
  readonly result: 'ok' | 'failed';
  /** How the main process last ended; absent where it never ran. */
  readonly ending?: Ending;
  /** PROCESS of the `stopped` event. */
  readonly failedProcess?: Failure['process'];
  /** How that process ended: EXIT_STATUS or EXIT_SIGNAL. Absent for `respawn`, and with `error`. */
  readonly failedEnding?: Exclude<Ending, { kind: 'failed' }>;
  /** Why, where that was not the job's own doing. */
  readonly error?: DomstartError;
  /** What the main process reported: `memoryUsed` (KiB), `machine`, `image`, … */
  readonly facts: Readonly<Record<string, string | number>>;
  /** Phases that ended, in that order. */
  readonly phases: readonly { readonly phase: string; readonly ms: number }[];
  /** Milliseconds of the engine's clock. */
  readonly startedAt: number;
  readonly endedAt: number;
}

/** Enough for any run; a respawning service goes on for ever. */
const MAX_PHASES = 200;

/** Collects a RunResult while the run goes on. */
export class RunRecord {
  readonly #startedAt: number;
  readonly #facts: Record<string, string | number> = {};
  readonly #phases: { phase: string; ms: number }[] = [];
  #ending: Ending | undefined;
  #failure: { readonly of: Failure; readonly error: DomstartError | undefined } | undefined;

  constructor(startedAt: number) {
    this.#startedAt = startedAt;
  }

  /** A new attempt (a respawn or a restart): what failed before does not count any more. */
  begin(): void {
    this.#failure = undefined;
    this.#ending = undefined;
  }

  noteFact(name: string, value: string | number): void {
    this.#facts[name] = value;
  }

  noteProgress(progress: Progress): void {
    if (progress.kind !== 'end') return;
    this.#phases.push({ phase: progress.phase, ms: progress.ms });
    if (this.#phases.length > MAX_PHASES) this.#phases.shift();
  }

  noteEnding(ending: Ending): void {
    this.#ending = ending;
  }

  noteFailure(of: Failure, error: DomstartError | undefined): void {
    this.#failure ??= { of, error };
  }

  result(of: { job: string; instance: string; id?: number }, endedAt: number): RunResult {
    const ending = this.#ending;
    const failure = this.#failure;
    const told = ending?.kind === 'failed' ? ending.error : undefined;
    // Of the same failure the main process tells more, such as what its console showed last.
    const error = told?.code === failure?.error?.code ? told : (failure?.error ?? told);
    return {
      ...of,
      result: failure === undefined ? 'ok' : 'failed',
      ...(ending === undefined ? {} : { ending }),
      ...(failure === undefined ? {} : { failedProcess: failure.of.process }),
      ...(failure?.of.ending === undefined ? {} : { failedEnding: failure.of.ending }),
      ...(error === undefined ? {} : { error }),
      facts: { ...this.#facts },
      phases: [...this.#phases],
      startedAt: this.#startedAt,
      endedAt,
    };
  }
}
