/**
 * The processes of jobs outlive a daemon that is killed with SIGKILL. The next daemon at its socket
 * ends those that the list of the dead one names (process-list.ts), each with its session, before it
 * starts anything. A pid is only believed together with the time at which its process started.
 *
 * A session lives as long as anybody in it, and nobody else gets its number meanwhile. So where the
 * first process of a job is gone, the rest of its session is still found; it must have the
 * environment of a job, in case all were gone and the number has become somebody else's.
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { sessionOf, startTimeOf } from '../system/proc.ts';
import { bootAndNamespace, type ListedProcess, readProcessList } from './process-list.ts';

/** A process that cannot die, because its disk hangs, is not waited for any longer. */
const PATIENCE_MS = 2000;
const PAUSE_MS = 10;
const EMPTY_LOOKS = 4;

interface Wanted {
  readonly pids: ReadonlySet<number>;
  /** All of them, whatever they are. */
  readonly sessions: ReadonlySet<number>;
  /** Only those with the environment of a job. */
  readonly orphaned: ReadonlySet<number>;
}

/**
 * Ends what a daemon that was killed left running, and removes its list; resolves when they are
 * gone, with how many they were.
 */
export async function endLeftOvers(path: string): Promise<number> {
  const list = readProcessList(path);
  const ended = new Set<number>();
  if (list !== undefined && list.where === bootAndNamespace()) {
    const wanted = wantedOf(list.processes, list.session);
    if (wanted.pids.size + wanted.orphaned.size === 0) return remove(path, 0);
    const giveUp = Date.now() + PATIENCE_MS;
    // What is killed takes a moment. What forks and ends, over and over, may be in none of the
    // looks at /proc at the right time, so one look that finds nobody is not enough.
    for (let empty = 0; empty < EMPTY_LOOKS && Date.now() < giveUp; await sleep(PAUSE_MS)) {
      const left = kill(wanted);
      for (const pid of left) ended.add(pid);
      empty = left.length === 0 ? empty + 1 : 0;
    }
  }
  return remove(path, ended.size);
}

function remove(path: string, ended: number): number {
  rmSync(path, { force: true });
  rmSync(`${path}.new`, { force: true });
  return ended;
}

function wantedOf(processes: readonly ListedProcess[], daemonSession: number): Wanted {
  const pids = new Set<number>();
  const sessions = new Set<number>();
  const orphaned = new Set<number>();
  for (const { pid, start } of processes) {
    const startsNow = startTimeOf(pid);
    if (startsNow === undefined) orphaned.add(pid);
    if (startsNow !== start) continue;
    pids.add(pid);
    // One that a job has forked (`expect`) is in its session, or has begun one of its own.
    const session = sessionOf(pid);
    if (session !== undefined) sessions.add(session);
  }
  // A process that had not begun its session yet is in that of who started it.
  sessions.delete(daemonSession);
  sessions.delete(sessionOf(process.pid) ?? 0);
  return { pids, sessions, orphaned };
}

/** Gives those that were there. */
function kill({ pids, sessions, orphaned }: Wanted): number[] {
  return allPids().filter((pid) => {
    if (pid === process.pid || startTimeOf(pid) === undefined) return false;
    const session = sessionOf(pid) ?? 0;
    const isTheirs =
      pids.has(pid) || sessions.has(session) || (orphaned.has(session) && isOfJob(pid));
    return isTheirs && sendKill(pid);
  });
}

function sendKill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile, or is not ours.
    return false;
  }
}

function isOfJob(pid: number): boolean {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
    return environment.some((variable) => variable.startsWith('UPSTART_JOB='));
  } catch {
    return false;
  }
}

function allPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}
