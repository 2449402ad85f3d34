/**
 * The processes of jobs outlive a daemon that is killed with SIGKILL. So it keeps a list of them,
 * beside its socket: a line `PID START` for each that was started. The next daemon at that socket
 * ends those that still run, each with its group and session, before it starts anything. A pid is
 * only believed together with the time at which its process started.
 */
import {
  appendFileSync,
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import type { Engine } from '../engine/engine.ts';
import { sessionOf, startTimeOf } from '../system/proc.ts';

/** The list is written anew when most of its lines are of processes that are gone. */
const REWRITE_AT = 1000;

/** Keeps the list of what the engine runs; disposing of it removes the list. */
export function keepProcessList(engine: Engine, path: string): Disposable {
  const living = new Map<number, string>();
  let fd = openSync(path, 'a', 0o600);
  let lines = 0;

  function add(pid: number): void {
    const start = startTimeOf(pid);
    if (start === undefined) return;
    living.set(pid, start);
    try {
      if (++lines > Math.max(REWRITE_AT, 4 * living.size)) rewrite();
      else appendFileSync(fd, `${pid} ${start}\n`);
    } catch {
      // Without room the list is not whole; that only matters if the daemon is killed as well.
    }
  }

  function rewrite(): void {
    const text = Array.from(living, ([pid, start]) => `${pid} ${start}\n`).join('');
    writeFileSync(`${path}.new`, text, { mode: 0o600 });
    renameSync(`${path}.new`, path);
    closeSync(fd);
    fd = openSync(path, 'a', 0o600);
    lines = living.size;
  }

  const pids = new Map<string, number>();
  const off = engine.on('process', (told) => {
    const name = `${told.job}\0${told.instance}\0${told.process}`;
    if ((told.kind === 'spawn' || told.kind === 'fork') && told.pid !== undefined) {
      pids.set(name, told.pid);
      add(told.pid);
    } else if (told.kind === 'exit' || told.kind === 'lost') {
      const pid = pids.get(name);
      pids.delete(name);
      if (pid !== undefined) living.delete(pid);
    }
  });
  return {
    [Symbol.dispose]() {
      off();
      closeSync(fd);
      rmSync(path, { force: true });
    },
  };
}

/** Ends what a daemon that was killed left running; gives how many processes that were. */
export function endLeftOvers(path: string): number {
  const sessions = new Set<number>();
  for (const line of read(path)) {
    const [pid, start] = line.split(' ');
    if (start !== undefined && startTimeOf(Number(pid)) === start) sessions.add(Number(pid));
  }
  rmSync(path, { force: true });
  if (sessions.size === 0) return 0;
  let ended = 0;
  for (const pid of allPids()) {
    const session = sessionOf(pid);
    if (!sessions.has(pid) && (session === undefined || !sessions.has(session))) continue;
    if (pid === process.pid) continue;
    try {
      process.kill(pid, 'SIGKILL');
      ended += 1;
    } catch {
      // It has ended meanwhile.
    }
  }
  return ended;
}

function read(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}

function allPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}
