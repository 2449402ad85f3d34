import type { RunResult } from '../engine/run-record.ts';
import { DomstartError } from '../model/errors.ts';
import type { OutputLine } from '../ports/main-process.ts';
import { statusOfRun } from './exit-status.ts';

/** One started instance of a job. Disposing of it (`await using`) stops it. */
export interface Run extends AsyncDisposable {
  readonly job: string;
  /** Empty where the job has no `instance`. */
  readonly instance: string;
  /** Its output line by line, escapes neutralised, from its beginning (the last 1000 lines). */
  readonly console: AsyncIterable<string>;
  /**
   * Resolves when a service runs, when a task is done, or when it was stopped before that;
   * `failed`: it failed before that. Never rejects.
   */
  readonly started: Promise<{ readonly failed: boolean }>;
  /**
   * Resolves when the run is over and torn down, also when the job failed. Rejects with a
   * DomstartError when that was not the job's doing (`boot-failed`, `deadline-passed`, …), or
   * with `cancelled` when the signal given to `start` was aborted.
   */
  readonly result: Promise<Outcome>;
  /** Sets its goal to stop; resolves when it is torn down. Nothing once it is over. */
  stop(): Promise<void>;
}

export interface Outcome extends RunResult {
  /**
   * Of the process that failed, or else of the main process: 128 + N where signal N killed it.
   * Absent where neither ran.
   */
  readonly status?: number;
}

/** What the engine's core gives for a start: as much of its RunHandle as a run is made of. */
interface RunHandle {
  readonly job: string;
  readonly instance: string;
  readonly answer: Promise<{ readonly failed: boolean }>;
  readonly result: Promise<RunResult>;
  readonly lines: AsyncIterable<OutputLine>;
  stop(): void;
}

export function createRun(options: {
  readonly handle: RunHandle;
  readonly signal: AbortSignal | undefined;
}): Run {
  const { handle, signal } = options;
  const onAbort = () => handle.stop();
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted) onAbort();
  const result = handle.result.then((run) => {
    signal?.removeEventListener('abort', onAbort);
    if (signal?.aborted) {
      throw new DomstartError('cancelled', `the run of ${handle.job} was cancelled`, {
        cause: signal.reason,
      });
    }
    return outcomeOf(run);
  });
  // Whoever only reads the console need not wait for the result as well.
  result.catch(() => undefined);

  const stop = async () => {
    handle.stop();
    await handle.result;
  };
  return {
    job: handle.job,
    instance: handle.instance,
    console: textOf(handle),
    started: handle.answer.then(({ failed }) => ({ failed })),
    result,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function outcomeOf(run: RunResult): Outcome {
  if (run.error !== undefined) throw run.error;
  const status = statusOfRun(run);
  return status === undefined ? run : { ...run, status };
}

function textOf({ lines }: RunHandle): AsyncIterable<string> {
  return {
    async *[Symbol.asyncIterator]() {
      for await (const { text } of lines) yield text;
    },
  };
}
