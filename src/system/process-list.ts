/**
 * The list of what a daemon or a `domstart run` has forked, for who comes after it in case it is
 * killed; who keeps it (daemon/process-list.ts) says why. Its first line says where its pids mean
 * something, and the mark that all of them have in their environment. Then there is a line each:
 *
 *   ?KIND TICKS   a fork begins, at that time or a little later; its answer is the next line
 *   +PID START    a process of a job was forked
 *   ~PID START    a helper was, which ends by itself, with all it follows, when the daemon is gone
 *   !             nothing was, or it is gone already
 *   -PID          that one has ended
 */
import { readFileSync } from 'node:fs';
import { pidNamespace } from './proc.ts';

/** In the environment of all that is listed. */
export const MARK = 'DOMSTART_DAEMON';

/** `helper`: it follows what a process of a job forks. */
type ForkKind = 'process' | 'helper';

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
