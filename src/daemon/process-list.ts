/**
 * The list of what a daemon runs, beside its socket, for the next one in case it is killed. Its first
 * line says where its pids mean something, and the mark that all of them have in their environment.
 * Then there is a line each:
 *
 *   ?KIND TICKS   a fork begins, at that time or a little later; its answer is the next line
 *   +PID START    a process of a job was forked
 *   ~PID START    a helper was, which ends by itself, with all it follows, when the daemon is gone
 *   !             nothing was, or it is gone already
 *   -PID          that one has ended
 *
 * Written and not synced: what was written stays when a process is killed. A fork is not told by its
 * announcement, which comes turns later.
 */
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { uptime } from 'node:os';
import { DomstartError, messageOf } from '../model/errors.ts';
import type { ForkKind, ForkRecord } from '../process/fork-record.ts';
import { pidNamespace, sessionOf, startTimeOf, TICKS_PER_SECOND } from '../system/proc.ts';

interface ListedProcess {
  readonly kind: ForkKind;
  readonly pid: number;
  /** Ticks since boot, as in /proc. */
  readonly start: string;
}

/** A fork whose pid the daemon did not live to write. */
export interface UnlistedFork {
  readonly kind: ForkKind;
  /** Ticks since boot; it started no earlier. */
  readonly since: number;
  /** In the environment of the process: `NAME=VALUE`. */
  readonly mark: string;
}

export interface ProcessList {
  /** As `bootAndNamespace` of the daemon that wrote it. */
  readonly where: string;
  /** Of that daemon. */
  readonly session: number;
  /** Those that had not ended. */
  readonly processes: readonly ListedProcess[];
  readonly unlisted?: UnlistedFork;
}

export interface KeptProcessList extends ForkRecord, Disposable {
  /** Writes it anew where somebody has removed it. */
  restore(): void;
}

/** The list is written anew when most of its lines are of processes that are gone. */
const REWRITE_AT = 1000;

const MARK = 'DOMSTART_DAEMON';
const SIGNS = { process: '+', helper: '~' } as const;

interface KeepProcessListOptions {
  /** Processes have their mark in their environment. */
  readonly marks: boolean;
}

/** Keeps the list of what is forked; disposing of it removes the list. Throws `host-io`. */
export function keepProcessList(path: string, { marks }: KeepProcessListOptions): KeptProcessList {
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
      throw new DomstartError('host-io', message, {
        hint: 'make room, or name another place with --socket',
        cause: error,
      });
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

/** Undefined where there is none, or what there is is none. */
export function readProcessList(path: string): ProcessList | undefined {
  // What stands behind the last end of a line is no whole one.
  const [head = '', ...lines] = read(path).split('\n').slice(0, -1);
  const [, where, session, id] = /^domstartd (\S+) (\d+)(?: (\S+))?$/.exec(head) ?? [];
  if (where === undefined) return undefined;
  const processes = new Map<number, ListedProcess>();
  let unlisted: UnlistedFork | undefined;
  for (const line of lines) {
    const [, sign, digits, start] = /^([-+~])(\d+)(?: (\d+))?$/.exec(line) ?? [];
    const pid = Number(digits);
    if (sign === '-') processes.delete(pid);
    else if (sign !== undefined && start !== undefined) {
      processes.set(pid, { kind: sign === '~' ? 'helper' : 'process', pid, start });
    }
    unlisted = forkBegunBy(line, id);
  }
  return {
    where,
    session: Number(session),
    processes: [...processes.values()],
    ...(unlisted && { unlisted }),
  };
}

function forkBegunBy(line: string, id: string | undefined): UnlistedFork | undefined {
  const [, kind, since] = /^\?(process|helper) (\d+)$/.exec(line) ?? [];
  if (kind === undefined || id === undefined) return undefined;
  return { kind: kind as ForkKind, since: Number(since), mark: `${MARK}=${id}` };
}

/** Pids and their times mean something within one boot and one namespace of pids. */
export function bootAndNamespace(): string {
  return `${read('/proc/sys/kernel/random/boot_id').trim() || 'boot'}.${pidNamespace()}`;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
