import { basename, dirname, resolve } from 'node:path';
import { DomstartError } from '../../model/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { BLOCK_BYTES } from './byte-queue.ts';
import type { Attempt, Log } from './log.ts';
import { explainFailure } from './log-failure.ts';
import type { OpenFiles } from './open-files.ts';
import { createTroubles, type LogProblem } from './troubles.ts';

export interface LogWriterOptions {
  readonly folder: string;
  readonly files: OpenFiles;
  readonly clock: Clock;
  readonly onProblem: (problem: LogProblem) => void;
  /** Something of the log was written, or was tried in vain. */
  readonly onSettled: (log: Log) => void;
}

/** Writes what waits in the queues of logs, a block of each in turn. */
export interface LogWriter {
  /** The log has something to write. Costs nothing where it is known already. */
  wake(log: Log): void;
  /** Resolves when what these logs have now is written, or was tried and failed. */
  flush(logs: Iterable<Log>): Promise<void>;
  /** Writes nothing any more, and tells what of these logs was not written. */
  close(logs: Iterable<Log>): void;
}

/** What comes within this time is written at once; it is what a kill -9 of the daemon may cost. */
const GATHER_MS = 5;
/** Of the four threads that Node has for files, two stay free when a disk hangs. */
const AT_ONCE = 2;

export function createLogWriter(options: LogWriterOptions): LogWriter {
  const { folder, files, clock, onProblem, onSettled } = options;
  const gathering = new Set<Log>();
  const ready = new Set<Log>();
  let forgetTimer: (() => void) | undefined;
  let running = 0;
  let closed = false;
  const troubles = createTroubles({ clock, onProblem, retry });

  function retry(log: Log): void {
    log.waits = false;
    hurry(log);
  }

  function hurry(log: Log): void {
    gathering.delete(log);
    if (!log.writing) ready.add(log);
    run();
  }

  function wake(log: Log): void {
    if (log.waits || log.writing || closed || ready.has(log)) return;
    if (log.queue.size >= BLOCK_BYTES || log.attempts.size > 0) {
      hurry(log);
      return;
    }
    gathering.add(log);
    forgetTimer ??= clock.after(GATHER_MS, () => {
      forgetTimer = undefined;
      for (const gathered of gathering) ready.add(gathered);
      gathering.clear();
      run();
    });
  }

  function run(): void {
    while (running < AT_ONCE && !closed) {
      const log = ready.values().next().value;
      if (log === undefined) return;
      ready.delete(log);
      running += 1;
      log.writing = true;
      for (const attempt of log.attempts) attempt.tried = true;
      void log
        .alone(() => writeBlock(log))
        .then((failed) => {
          running -= 1;
          log.writing = false;
          settle(log, failed);
          run();
        });
    }
  }

  /** A log may be kept in a folder of its own. */
  function placeOf({ name }: Log): { readonly folder: string; readonly name: string } {
    const path = resolve(folder, name);
    return { folder: dirname(path), name: basename(path) };
  }

  /** Never rejects; true where it failed. */
  async function writeBlock(log: Log): Promise<boolean> {
    const bytes = log.queue.take();
    if (bytes === undefined) return false;
    const file = files.use(log.name);
    try {
      log.queue.settle(await file.append(bytes));
      files.giveBack(log.name, file);
      return false;
    } catch (error) {
      log.queue.settle(0);
      await file.close();
      const failure = await explainFailure(error, placeOf(log));
      if (!closed) troubles.failed(log, failure);
      return true;
    }
  }

  function settle(log: Log, failed: boolean): void {
    if (failed) log.waits = true;
    for (const attempt of log.attempts) {
      const written = !log.queue.pending || log.given - log.queue.size >= attempt.upTo;
      if (failed ? attempt.tried : written) finish(log, attempt);
    }
    if (failed && log.attempts.size > 0) retry(log);
    if (!failed && log.queue.pending) wake(log);
    if (!failed && !log.queue.pending) troubles.written(log);
    onSettled(log);
  }

  function finish(log: Log, attempt: Attempt): void {
    log.attempts.delete(attempt);
    attempt.settle();
  }

  return {
    wake,
    async flush(logs) {
      const attempts = [...logs]
        .filter(({ queue }) => queue.pending)
        .map((log) => {
          log.waits = false;
          return new Promise<void>((resolve) => {
            log.attempts.add({ upTo: log.given, tried: false, settle: resolve });
            hurry(log);
          });
        });
      await Promise.all(attempts);
    },
    close(logs) {
      closed = true;
      forgetTimer?.();
      let bytes = -troubles.close();
      for (const log of logs) {
        bytes += log.queue.size;
        for (const attempt of log.attempts) finish(log, attempt);
      }
      if (bytes <= 0) return;
      const message = `cannot write the logs in ${folder}: the disk does not answer`;
      onProblem({ kind: 'discarded', error: new DomstartError('host-io', message), bytes });
    },
  };
}
