/**
 * Keeps the list of what a daemon or a `domstart run` has forked (system/process-list.ts), beside its
 * socket, for the next one in case it is killed.
 *
 * Written and not synced: what was written stays when a process is killed. A fork is not told by its
 * announcement, which comes turns later.
 */
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { uptime } from 'node:os';
import { DomstartError, messageOf } from '../model/errors.ts';
import type { ForkKind, ForkRecord } from '../process/fork-record.ts';
import { sessionOf, startTimeOf, TICKS_PER_SECOND } from '../system/proc.ts';
import { bootAndNamespace, MARK } from '../system/process-list.ts';

export interface KeptProcessList extends ForkRecord, Disposable {
  /** Writes it anew where somebody has removed it. */
  restore(): void;
}

/** The list is written anew when most of its lines are of processes that are gone. */
const REWRITE_AT = 1000;

const SIGNS = { process: '+', helper: '~' } as const;

interface KeepProcessListOptions {
  /** Processes have their mark in their environment. */
  readonly marks: boolean;
  /** What to do where it cannot be written. */
  readonly hint: string;
}

/** Keeps the list of what is forked; disposing of it removes the list. Throws `host-io`. */
export function keepProcessList(
  path: string,
  { marks, hint }: KeepProcessListOptions,
): KeptProcessList {
  const living = new Map<number, string>();
  const id = randomUUID();
  const head = `domstartd ${bootAndNamespace()} ${sessionOf(process.pid) ?? 0} ${id}\n`;
  const now = ticks();
  let forking = '';
  let fd = begin();
  let lines = 0;
  let whole = true;

  function begin(): number {
    try {
      return rewrite();
    } catch (error) {
      const message = `cannot write the list of processes ${path}: ${messageOf(error)}`;
      throw new DomstartError('host-io', message, { hint, cause: error });
    }
  }

  function rewrite(): number {
    const text = Array.from(living.values()).join('');
    try {
      writeFileSync(`${path}.new`, head + text + forking, { mode: 0o600 });
      renameSync(`${path}.new`, path);
    } catch (error) {
      rmSync(`${path}.new`, { force: true });
      throw error;
    }
    return openSync(path, 'a', 0o600);
  }

  function note(line: string): void {
    try {
      if (whole && ++lines <= Math.max(REWRITE_AT, 4 * living.size)) {
        if (writeSync(fd, line) === line.length) return;
      }
      const anew = rewrite();
      closeSync(fd);
      fd = anew;
      lines = living.size;
      whole = true;
    } catch {
      // Without room the list is not whole; that only matters if the daemon is killed as well.
      whole = false;
    }
  }

  function add(kind: ForkKind, pid: number | undefined): () => void {
    forking = '';
    const start = pid === undefined ? undefined : startTimeOf(pid);
    if (pid === undefined || start === undefined) {
      note('!\n');
      return () => {};
    }
    const line = `${SIGNS[kind]}${pid} ${start}\n`;
    living.set(pid, line);
    note(line);
    return () => {
      // Its pid may be another one's by now.
      if (living.get(pid) !== line) return;
      living.delete(pid);
      note(`-${pid}\n`);
    };
  }

  return {
    mark: marks ? { [MARK]: id } : {},
    record(kind, fork) {
      forking = `?${kind} ${now()}\n`;
      note(forking);
      try {
        const child = fork();
        return { child, ended: add(kind, child.pid) };
      } catch (error) {
        add(kind, undefined);
        throw error;
      }
    },
    add: (pid) => add('process', pid),
    restore() {
      if (existsSync(path)) return;
      whole = false;
      note('');
    },
    [Symbol.dispose]() {
      closeSync(fd);
      rmSync(path, { force: true });
    },
  };
}

/** The time since boot in ticks, never late; reading it each time would take longer than noting it. */
function ticks(): () => number {
  const offset = uptime() - performance.now() / 1000;
  return () => Math.max(0, Math.floor((offset + performance.now() / 1000) * TICKS_PER_SECOND) - 1);
}
