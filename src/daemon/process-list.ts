/**
 * The list of what a daemon runs, beside its socket, for the next one in case it is killed. Its first
 * line says where its pids mean something; then there is a line `+PID START` for each process that
 * was started, and `-PID` for each that ended.
 */
import {
  appendFileSync,
  closeSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import type { Engine } from '../engine/engine.ts';
import { DomstartError, messageOf } from '../model/errors.ts';
import { pidNamespace, sessionOf, startTimeOf } from '../system/proc.ts';

export interface ListedProcess {
  readonly pid: number;
  /** Ticks since boot, as in /proc. */
  readonly start: string;
}

export interface ProcessList {
  /** As `bootAndNamespace` of the daemon that wrote it. */
  readonly where: string;
  /** Of that daemon. */
  readonly session: number;
  /** Those that had not ended. */
  readonly processes: readonly ListedProcess[];
}

/** The list is written anew when most of its lines are of processes that are gone. */
const REWRITE_AT = 1000;

/** Keeps the list of what the engine runs; disposing of it removes the list. Throws `host-io`. */
export function keepProcessList(engine: Engine, path: string): Disposable {
  const living = new Map<number, string>();
  const head = `domstartd ${bootAndNamespace()} ${sessionOf(process.pid) ?? 0}\n`;
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
    const text = Array.from(living, ([pid, start]) => `+${pid} ${start}\n`).join('');
    try {
      writeFileSync(`${path}.new`, head + text, { mode: 0o600 });
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
        appendFileSync(fd, line);
        return;
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

  function add(pid: number): void {
    const start = startTimeOf(pid);
    if (start === undefined) return;
    living.set(pid, start);
    note(`+${pid} ${start}\n`);
  }

  function remove(pid: number | undefined): void {
    if (pid !== undefined && living.delete(pid)) note(`-${pid}\n`);
  }

  const pids = new Map<string, number>();
  const off = engine.on('process', (told) => {
    const name = `${told.job}\0${told.instance}\0${told.id ?? ''}\0${told.process}`;
    if ((told.kind === 'spawn' || told.kind === 'fork') && told.pid !== undefined) {
      const before = pids.get(name);
      pids.set(name, told.pid);
      add(told.pid);
      remove(before);
    } else if (told.kind === 'exit' || told.kind === 'lost') {
      remove(pids.get(name));
      pids.delete(name);
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

/** Undefined where there is none, or what there is is none. */
export function readProcessList(path: string): ProcessList | undefined {
  const [head = '', ...lines] = read(path).split('\n');
  const [, where, session] = /^domstartd (\S+) (\d+)$/.exec(head) ?? [];
  if (where === undefined) return undefined;
  const processes = new Map<number, string>();
  for (const line of lines) {
    const [, sign, pid, start] = /^([+-])(\d+)(?: (\d+))?$/.exec(line) ?? [];
    if (sign === '+' && start !== undefined) processes.set(Number(pid), start);
    if (sign === '-') processes.delete(Number(pid));
  }
  return {
    where,
    session: Number(session),
    processes: Array.from(processes, ([pid, start]) => ({ pid, start })),
  };
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
