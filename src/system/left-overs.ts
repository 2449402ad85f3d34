/**
 * The processes of jobs outlive a daemon, or a `domstart run`, that is killed with SIGKILL. The next
 * daemon at its socket, or the next run, ends those that the list of the dead one names
 * (process-list.ts), each with its session, before it starts anything. A pid is only believed together with the time at which its process started.
 *
 * A session lives as long as anybody in it, and nobody else gets its number meanwhile. So where the
 * first process of a job is gone, the rest of its session is still found; it must have the
 * environment of a job, in case all were gone and the number has become somebody else's.
 *
 * A daemon that was killed while it forked has not written whom. That one leads a session, started
 * since then, and has the mark of that very daemon in its environment.
 *
 * Our own session and that of the dead daemon are never taken for one of a job, whoever is in them:
 * their first process may be gone as well, or be in another namespace (`docker exec`).
 *
 * Helpers that follow the forks of a job end by themselves when their daemon is gone, and kill all
 * that they follow, also what has left every session that is known. So they are let do it.
 */
import { readdirSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { groupOf, hasVariable, sessionOf, startTimeOf } from './proc.ts';
import {
  bootAndNamespace,
  type ProcessList,
  readProcessList,
  type UnlistedFork,
} from './process-list.ts';

/** A process that cannot die, because its disk hangs, is not waited for any longer. */
const PATIENCE_MS = 2000;
/** Helpers that do not end by themselves in this time are killed. */
const HELPERS_MS = 1000;
const PAUSE_MS = 10;
const EMPTY_LOOKS = 4;

interface Wanted {
  readonly pids: ReadonlySet<number>;
  /** All of them, whatever they are. */
  readonly sessions: Set<number>;
  /** Nobody of them, but whom `pids` name. */
  readonly spared: ReadonlySet<number | undefined>;
  /** Only those with the environment of a job. */
  readonly orphaned: ReadonlySet<number>;
  readonly unlisted: UnlistedFork | undefined;
}

/**
 * Ends what a daemon that was killed left running, and removes its list; resolves when they are
 * gone, with how many they were.
 */
export async function endLeftOvers(path: string): Promise<number> {
  const list = readProcessList(path);
  const ended = new Set<number>();
  if (list !== undefined && list.where === bootAndNamespace()) {
    await untilNobody(HELPERS_MS, () => livingHelpers(list));
    const wanted = wantedOf(list);
    await untilNobody(PATIENCE_MS, () => {
      const left = kill(wanted);
      for (const pid of left ?? []) ended.add(pid);
      return left;
    });
  }
  rmSync(path, { force: true });
  rmSync(`${path}.new`, { force: true });
  return ended.size;
}

/**
 * What is killed takes a moment. What forks and ends, over and over, may be in none of the looks at
 * /proc at the right time, so one look that finds nobody is not enough; and what has just been forked
 * has the environment of the dead daemon for a moment. Undefined: there is nothing to look for.
 */
async function untilNobody(
  patienceMs: number,
  look: () => readonly number[] | undefined,
): Promise<void> {
  const giveUp = Date.now() + patienceMs;
  for (let empty = 0; empty < EMPTY_LOOKS && Date.now() < giveUp; await sleep(PAUSE_MS)) {
    const found = look();
    if (found === undefined) return;
    empty = found.length === 0 ? empty + 1 : 0;
  }
}

function livingHelpers(list: ProcessList): number[] | undefined {
  const { processes, unlisted } = list;
  const helpers = processes.filter(({ kind }) => kind === 'helper');
  if (unlisted?.kind === 'helper') {
    return allPids().filter((pid) => isUnlisted(pid, unlisted, sparedBy(list)));
  }
  const living = helpers.filter(({ pid, start }) => startTimeOf(pid) === start);
  return living.length === 0 ? undefined : living.map(({ pid }) => pid);
}

/** Those whose session is not known are in none of a job. */
function sparedBy({ session }: ProcessList): Set<number | undefined> {
  return new Set([undefined, session, sessionOf(process.pid)]);
}

function wantedOf(list: ProcessList): Wanted {
  const { processes, unlisted } = list;
  const spared = sparedBy(list);
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
    // A process that had not begun its session yet is in that of who started it.
    if (session !== undefined && !spared.has(session)) sessions.add(session);
  }
  return { pids, sessions, orphaned, spared, unlisted };
}

/** Gives those that were there. */
function kill({ pids, sessions, orphaned, spared, unlisted }: Wanted): number[] | undefined {
  if (pids.size + orphaned.size === 0 && unlisted === undefined) return undefined;
  return allPids().filter((pid) => {
    if (pid === process.pid || startTimeOf(pid) === undefined) return false;
    const session = sessionOf(pid);
    if (session === undefined || spared.has(session)) return pids.has(pid) && sendKill(pid);
    // Whoever else is in its session is found by that.
    if (isUnlisted(pid, unlisted, spared)) sessions.add(session);
    if (sessions.has(session) || (orphaned.has(session) && isOfJob(pid))) return killGroup(pid);
    return pids.has(pid) && sendKill(pid);
  });
}

/** A group is killed at one stroke, so none of it can fork meanwhile; it is all in one session. */
function killGroup(pid: number): boolean {
  const group = groupOf(pid);
  return (group !== undefined && sendKill(-group)) || sendKill(pid);
}

function isUnlisted(
  pid: number,
  unlisted: UnlistedFork | undefined,
  spared: Wanted['spared'],
): boolean {
  const session = sessionOf(pid);
  if (unlisted === undefined || session === undefined || spared.has(session)) return false;
  // It leads its session, or is what is left of that.
  if (session !== pid && startTimeOf(session) !== undefined) return false;
  return Number(startTimeOf(pid)) >= unlisted.since && hasVariable(pid, unlisted.mark);
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
  return hasVariable(pid, 'UPSTART_JOB=');
}

function allPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}
