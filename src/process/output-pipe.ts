import { spawnSync } from 'node:child_process';
import { closeSync, constants, mkdirSync, openSync, rmdirSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DomstartError, messageOf } from '../model/errors.ts';
import { ownerName } from '../system/owner-name.ts';
import { PIPES, sweepLeftPipes } from './left-pipes.ts';
import { isNoRoom } from './no-room.ts';

/**
 * Pipes for the output of jobs. One pipe takes both stdout and stderr of a process, so their order
 * is kept, and a job can open /dev/stdout and /dev/stderr by name. What Node makes for `pipe` is a
 * socket, which cannot be opened so, and one for each of the two. Node has no pipe(2); `mkfifo` makes
 * some at a time, and a pipe is used again once all who could write to it are gone. The spare ones
 * belong to the process and not to an engine, as its descriptors do.
 */
const spare: number[] = [];

/** How many are made at once: few descriptors where few jobs run, few `mkfifo` where many do. */
const FEWEST_AT_ONCE = 4;
const MOST_AT_ONCE = 128;
let atOnce = FEWEST_AT_ONCE;

export interface OutputPipe {
  /** Reads without waiting. */
  readonly input: number;
  /** For the process that writes; whoever started it closes it. */
  readonly output: number;
}

/** Throws a DomstartError `host-io` where no folder takes a pipe, and what `open` throws. */
export function openOutputPipe(): OutputPipe {
  const input = spare.pop() ?? makePipes();
  try {
    return { input, output: openSync(`/proc/self/fd/${input}`, constants.O_WRONLY) };
  } catch (error) {
    spare.push(input);
    throw error;
  }
}

/** Takes back a pipe that is at its end: all was read, and nobody can write to it. */
export function giveBack(input: number): void {
  if (spare.length < atOnce) spare.push(input);
  else closeSync(input);
}

/** Where descriptors are short, few are made at once from now on. False where none was spare. */
export function closeSparePipes(): boolean {
  const closed = spare.splice(0);
  for (const input of closed) closeSync(input);
  atOnce = FEWEST_AT_ONCE;
  return closed.length > 0;
}

let swept = false;

/** Gives one; the others are spare. */
function makePipes(): number {
  const parents = new Set([tmpdir(), '/dev/shm', '/run', '/var/tmp']);
  if (!swept) for (const parent of parents) sweepLeftPipes(parent);
  swept = true;
  let cause: unknown;
  for (const parent of parents) {
    const folder = join(parent, PIPES + ownerName());
    try {
      mkdirSync(folder, { mode: 0o700 });
      return makePipesIn(folder);
    } catch (error) {
      if (isNoRoom(error)) throw error;
      cause ??= error;
    }
  }
  throw new DomstartError('host-io', `cannot make a pipe in ${tmpdir()}: ${messageOf(cause)}`, {
    hint: 'make the folder, or set TMPDIR to one that can be written to',
    cause,
  });
}

function makePipesIn(folder: string): number {
  const files = Array.from({ length: atOnce }, (_, at) => join(folder, String(at)));
  try {
    // A job of another user may open its /dev/stdout, too; the folder is gone by then.
    const made = spawnSync('mkfifo', ['-m', '0666', '--', ...files], { encoding: 'utf8' });
    if (made.error !== undefined) throw made.error;
    if (made.status !== 0) throw new Error(made.stderr.trim());
    atOnce = Math.min(2 * atOnce, MOST_AT_ONCE);
    openAll(files);
    return spare.pop() as number;
  } finally {
    remove(folder, files);
  }
}

/** By their names: to look what there is would take a descriptor, and there may be none. */
function remove(folder: string, files: readonly string[]): void {
  for (const file of files) {
    try {
      unlinkSync(file);
    } catch {
      // It was not made.
    }
  }
  rmdirSync(folder);
}

/** As many as there are descriptors for; throws where there is none. */
function openAll(files: readonly string[]): void {
  for (const file of files) {
    try {
      spare.push(openSync(file, constants.O_RDONLY | constants.O_NONBLOCK));
    } catch (error) {
      if (spare.length === 0) throw error;
      return;
    }
  }
}
