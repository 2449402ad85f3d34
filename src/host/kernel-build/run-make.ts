import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { DomstartError } from '../../model/errors.ts';
import { commandError } from '../command.ts';

export interface MakeOptions {
  /** The tree of the kernel's source. */
  readonly folder: string;
  /** The whole environment: what a user has set for other builds must not get into this one. */
  readonly environment: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Each line of standard output as it comes. */
  readonly onLine?: (line: string) => void;
}

/**
 * Runs what is given, and kills its whole group when standard input ends, which it does when we end,
 * however that comes: make's compilers are not left running by a kill -9. The pipe itself is
 * written to by nobody.
 */
const GUARDED = `
exec 3<&0 </dev/null
(read -r end; kill -KILL 0) <&3 >/dev/null 2>&1 &
exec 3<&-
"$@"
`;

/** How much of the complaints is kept. */
const KEPT = 64 * 1024;

/** Runs make to its end. When it returns or throws nothing of it runs any more. */
export async function runMake(
  args: readonly string[],
  { folder, environment, signal, onLine }: MakeOptions,
): Promise<void> {
  signal.throwIfAborted();
  const child = spawn('/bin/sh', ['-c', GUARDED, 'sh', 'make', ...args], {
    cwd: folder,
    env: environment,
    // A group of its own: a Ctrl-C reaches us alone, and one signal reaches all of it.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let complaints = '';
  child.stdin.on('error', () => undefined);
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-KEPT);
  });
  const lines = createInterface({ input: child.stdout });
  if (onLine !== undefined) lines.on('line', onLine);
  else lines.resume();
  const kill = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  };
  signal.addEventListener('abort', kill, { once: true });
  try {
    // Closed means that nobody writes any more: every compiler has ended too.
    const status = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', () => child.stdin.destroy());
      child.once('close', resolve);
    });
    if (signal.aborted) throw new DomstartError('cancelled', 'building a kernel was cancelled');
    if (status !== 0) throw makeError(args, complaints);
  } finally {
    kill();
    signal.removeEventListener('abort', kill);
  }
}

function makeError(args: readonly string[], complaints: string): DomstartError {
  return commandError(
    `make ${args.at(-1)} failed`,
    firstErrors(complaints),
    'this is a defect where the host’s own linux-source and gcc belong together; please report it',
  );
}

const SHOWN = 4;

/** The first errors say why; those behind them are echoes. */
function firstErrors(complaints: string): string {
  const lines = complaints.trim().split('\n');
  const errors = lines.filter((line) => /\b(error|No space left|not found)\b/i.test(line));
  return (errors.length > 0 ? errors.slice(0, SHOWN) : lines.slice(-SHOWN)).join('\n');
}
