import { createInterface } from 'node:readline';
import { DomstartError } from '../model/errors.ts';

export interface CommandOptions {
  readonly signal: AbortSignal;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Each line of standard output as it comes. */
  readonly onLine?: (line: string) => void;
}

export interface CommandResult {
  readonly ok: boolean;
  readonly stdout: string;
  /** The last lines of what it complained about; why it did not start where it did not. */
  readonly complaint: string;
}

const COMPLAINT_LINES = 4;

/** Runs a tool of the host to its end. Throws only where it was cancelled. */
export async function runCommand(
  file: string,
  args: readonly string[],
  { signal, cwd, env, onLine }: CommandOptions,
): Promise<CommandResult> {
  // Loaded here, because a host that has everything never runs a tool and must not pay for it.
  const { execa } = await import('execa');
  const running = execa(file, args, {
    cancelSignal: signal,
    forceKillAfterDelay: 5_000,
    reject: false,
    stdin: 'ignore',
    env: { LC_ALL: 'C', ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  if (onLine !== undefined) createInterface({ input: running.stdout }).on('line', onLine);
  const result = await running;
  if (signal.aborted) throw new DomstartError('cancelled', `${file} was cancelled`);
  const complaint = result.stderr.trim().split('\n').slice(-COMPLAINT_LINES).join('\n');
  return {
    ok: !result.failed,
    stdout: result.stdout ?? '',
    complaint: complaint || (result.shortMessage ?? ''),
  };
}

/** The error for a tool that failed: a full disk is told apart from a tool that cannot. */
export function commandError(what: string, complaint: string, hint: string): DomstartError {
  if (/no space left|disk quota/i.test(complaint)) {
    return new DomstartError('host-io', `${what}: no space left`, {
      hint: 'free some space, or set DOMSTART_CACHE to a folder on another disk',
    });
  }
  return new DomstartError('host-incapable', `${what}: ${complaint}`, { hint });
}
