import { basename, dirname, isAbsolute, resolve } from 'node:path';
import type { Clock } from '../../ports/clock.ts';
import type { OutputLog } from '../../ports/main-process.ts';
import type { Pace } from '../../ports/pace.ts';
import { logFileName } from './file-name.ts';
import { createFollower, type Follower } from './follower.ts';
import { createLog, isIdle, type Log } from './log.ts';
import { createLogFile } from './log-file.ts';
import { createLogPacing } from './log-pacing.ts';
import { createLogWriter } from './log-writer.ts';
import { createMemoryBound } from './memory-bound.ts';
import { createOpenFiles } from './open-files.ts';
import { readLog } from './read-log.ts';
import type { LogProblem } from './troubles.ts';
import { untilAborted } from './until-aborted.ts';

export interface JobLogsOptions {
  /** Absent: nothing is written, and reading gives only what comes. */
  readonly folder?: string | undefined;
  readonly clock: Clock;
  /** The size at which a file is rotated, in bytes. Default: 10 MiB. */
  readonly maxBytes?: number;
  /** How many older files of each log are kept. Default: 3. */
  readonly keep?: number;
  /** In bytes, what is kept in memory of one log that cannot be written. Default: 2 MiB. */
  readonly memoryEach?: number;
  /** The same of all logs. Default: 32 MiB. */
  readonly memoryAll?: number;
  readonly onProblem: (problem: LogProblem) => void;
}

interface ReadLogOptions {
  /** Goes on with what is written from then on, until it is aborted or the logs are closed. */
  readonly follow?: boolean;
  /** How much of what is there already, in bytes, from the beginning of a line. Default: 1 MiB. */
  readonly last?: number;
  readonly signal?: AbortSignal;
}

interface JobLog extends OutputLog {
  /**
   * For whoever reads what the job writes: with it nothing is lost where a job writes faster than
   * the disk. A disk that is full or does not answer holds nobody back.
   */
  readonly pace: Pace;
}

/** What jobs with `console log` write: kept in files, and read by whoever wants to see it. */
export interface JobLogs extends AsyncDisposable {
  /**
   * Costs nothing until something is written, and need not be closed. With `file` it is kept there,
   * an absolute path, until `release`.
   */
  open(job: string, instance: string, options?: { readonly file?: string | undefined }): JobLog;
  /** Resolves when all that was written to its own file is there, or was tried in vain; it is closed. */
  release(job: string, instance: string): Promise<void>;
  /**
   * What the log holds, and with `follow` what comes, without a gap or a repetition. Raw bytes: who
   * shows them on a terminal uses `createTerminalText`. To be iterated once; the moment of the first
   * `next` counts. An abort ends it without an error; leaving it while it waits needs one. Rejects
   * with `host-io` where the log cannot be read.
   */
  read(job: string, instance: string, options?: ReadLogOptions): AsyncIterable<Uint8Array>;
  /** Resolves when all that was written until now is in files, or was tried in vain. */
  flush(options?: { readonly signal?: AbortSignal }): Promise<void>;
  /**
   * Flushes, ends all reading, and writes nothing any more. With a signal the wait for a disk that
   * does not answer can be ended.
   */
  close(options?: { readonly signal?: AbortSignal }): Promise<void>;
}

const MAX_BYTES = 10 * 1024 * 1024;
const KEEP = 3;
const MEMORY_EACH = 2 * 1024 * 1024;
const MEMORY_ALL = 32 * 1024 * 1024;
const LAST = 1024 * 1024;

export function createJobLogs(options: JobLogsOptions): JobLogs {
  const { folder, clock, onProblem, maxBytes = MAX_BYTES, keep = KEEP } = options;
  const { memoryEach = MEMORY_EACH, memoryAll = MEMORY_ALL } = options;
  /** Those with something to do; all others are files only. */
  const logs = new Map<string, Log>();
  const memory = createMemoryBound({
    limit: memoryAll,
    queues: () => [...logs.values()].map(({ queue }) => queue),
  });
  /** Of instances whose logs are files of their own: absolute paths. */
  const own = new Map<string, string>();
  const target = createTarget(folder);
  const followers = new Set<Follower>();
  let closing: Promise<void> | undefined;

  function createTarget(into: string | undefined) {
    const files = createOpenFiles({
      clock,
      create(name) {
        const path = resolve(into ?? '/', name);
        return createLogFile({ folder: dirname(path), name: basename(path), maxBytes, keep });
      },
    });
    const writer = createLogWriter({
      folder: into ?? '/',
      files,
      clock,
      onProblem,
      onSettled(log) {
        pacing.settled(log);
        forgetIdle(log);
      },
    });
    const pacing = createLogPacing({ clock, enough: memoryEach / 2 });
    return { files, writer, pacing };
  }

  function nameOf(job: string, instance: string): string {
    return own.get(keyOf(job, instance)) ?? logFileName(job, instance);
  }

  function isKept(name: string): boolean {
    return folder !== undefined || isAbsolute(name);
  }

  function find(name: string): Log {
    const known = logs.get(name);
    if (known !== undefined) return known;
    const log = createLog(name, memoryEach);
    logs.set(name, log);
    return log;
  }

  function forgetIdle(log: Log): void {
    if (isIdle(log) && logs.get(log.name) === log) logs.delete(log.name);
  }

  function write(name: string, bytes: Uint8Array): void {
    if (closing !== undefined || bytes.length === 0) return;
    for (const follower of logs.get(name)?.followers ?? []) follower.push(bytes);
    if (!isKept(name)) return;
    const log = find(name);
    log.queue.push(bytes);
    log.given += bytes.length;
    memory.grew(bytes.length);
    target.writer.wake(log);
  }

  async function* read(
    name: string,
    { follow = false, last = LAST, signal }: ReadLogOptions,
  ): AsyncGenerator<Uint8Array, void> {
    if (signal?.aborted === true) return;
    const path = isKept(name) ? resolve(folder ?? '/', name) : undefined;
    const follower = follow ? createFollower() : undefined;
    if (follower !== undefined) {
      if (closing !== undefined) follower.end();
      followers.add(follower);
    }
    const log = find(name);
    try {
      yield* readLog({ log, path, keep, last, follower, signal, onLeft: () => forgetIdle(log) });
    } finally {
      if (follower !== undefined) followers.delete(follower);
    }
  }

  async function flush({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    await untilAborted(signal, closing ?? target.writer.flush(logs.values()));
  }

  async function closeAll(signal: AbortSignal | undefined): Promise<void> {
    await untilAborted(signal, target.writer.flush(logs.values()));
    target.writer.close(logs.values());
    target.pacing.close();
    await untilAborted(signal, target.files.close());
    for (const follower of followers) follower.end();
  }

  function close({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    closing ??= closeAll(signal);
    return closing;
  }

  return {
    open(job, instance, { file } = {}) {
      if (file !== undefined) own.set(keyOf(job, instance), file);
      const name = file ?? logFileName(job, instance);
      return {
        write: (bytes) => write(name, bytes),
        pace() {
          const log = logs.get(name);
          return log && isKept(name) ? target.pacing.paceOf(log) : undefined;
        },
      };
    },
    async release(job, instance) {
      const name = nameOf(job, instance);
      own.delete(keyOf(job, instance));
      const log = logs.get(name);
      if (log !== undefined) await target.writer.flush([log]);
      await target.files.forget(name);
    },
    read: (job, instance, reading = {}) => read(nameOf(job, instance), reading),
    flush,
    close,
    [Symbol.asyncDispose]: () => close(),
  };
}

function keyOf(job: string, instance: string): string {
  return `${job}\0${instance}`;
}
