import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { DomstartError } from '../../model/errors.ts';
import { saysNoSpace, watchRoom } from './room.ts';

export interface GuardedOptions {
  readonly signal: AbortSignal;
  readonly env?: Readonly<Record<string, string>>;
  /** Seconds. */
  readonly timeLimit?: number;
  /** Where it writes: it is ended, with `No space left on device`, where that stays full. */
  readonly writes?: string;
  /** Each line of its output and of what it complains about, as it comes. */
  readonly onLine?: (line: string) => void;
}

export interface GuardedResult {
  readonly ok: boolean;
  /** Undefined where a signal ended it. */
  readonly status: number | undefined;
  readonly isLate: boolean;
  /** The last lines of its output and of what it complains about; earlier ones that say of no space. */
  readonly lines: readonly string[];
}

const LAST_LINES = 40;

/**
 * The guard is a process of the same group that waits for the end of our pipe, which comes when we
 * close it and when we are gone, however we went; then it kills the group, itself too. It is nobody's
 * child, because tools may wait for all of theirs.
 */
const GUARD = '( { read -r _ <&3; kill -KILL 0; } >/dev/null 2>&1 & ) ; exec "$@" 3<&- 2>&1';

/**
 * Runs a tool, and lets none of its processes live longer than this call, nor than this process.
 * Throws `cancelled`, and `host-incapable` where it cannot be started.
 */
export async function runGuarded(
  [file, ...args]: readonly [string, ...string[]],
  { signal, env, timeLimit, writes, onLine = () => {} }: GuardedOptions,
): Promise<GuardedResult> {
  signal.throwIfAborted();
  const child = spawn('sh', ['-c', `exec 3<&0 </dev/null; ${GUARD}`, 'guard', file, ...args], {
    detached: true,
    // One pipe for both, so that what it says stays in its order.
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, LC_ALL: 'C', ...env },
  });
  // The guard may be gone before we are done with it.
  child.stdin?.on('error', () => {});
  const end = () => child.stdin?.destroy();
  let isLate = false;
  const late = () => {
    isLate = true;
    end();
  };
  let isFull = false;
  const full = () => {
    isFull = true;
    end();
  };
  using _ = writes === undefined ? undefined : watchRoom(writes, full);
  const timer = timeLimit === undefined ? undefined : setTimeout(late, timeLimit * 1000);
  signal.addEventListener('abort', end, { once: true });
  try {
    const lines = collectLines(child, onLine);
    const status = await exitOf(child, end);
    if (signal.aborted) throw new DomstartError('cancelled', `${file} was cancelled`);
    if (isFull) lines.push('No space left on device');
    return { ok: status === 0 && !isLate && !isFull, status, isLate, lines };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
    end();
  }
}

function collectLines(child: ChildProcess, onLine: (line: string) => void): string[] {
  const lines: string[] = [];
  createInterface({ input: child.stdout as Readable }).on('line', (line) => {
    lines.push(line);
    // What says most may stand far above the end.
    if (lines.length > LAST_LINES) lines.splice(Math.max(lines.findIndex(tellsLittle), 0), 1);
    onLine(line);
  });
  return lines;
}

const tellsLittle = (line: string) => !saysNoSpace(line);

/** Waits until it and all that hold its output are gone: what it has left is ended by the guard. */
async function exitOf(child: ChildProcess, end: () => void): Promise<number | undefined> {
  const closed = once(child, 'close');
  child.once('exit', end);
  const [code] = (await closed) as [number | null];
  return code ?? undefined;
}
