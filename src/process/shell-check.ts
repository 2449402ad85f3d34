import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { DomstartError, messageOf } from '../model/errors.ts';

/** What `sh -n` says of a script; lines count from 1, and the end may be one behind the last. */
export interface ShellProblem {
  readonly line: number;
  readonly message: string;
}

interface CheckScriptsOptions {
  readonly signal?: AbortSignal;
}

/** Nobody's scripts take longer to be read; a shell that does hangs. */
const LONGEST_MS = 120_000;

/**
 * Lets `sh -n` read each script, without running any. Thousands of processes started from here
 * would cost more than the reading, so a few shells each start those for their share. The scripts
 * reach them as quoted here-documents that end in a word nobody can guess: they stay data.
 *
 * Rejects with `host-incapable` where there is no `sh`.
 */
export async function checkScripts(
  scripts: readonly string[],
  options: CheckScriptsOptions = {},
): Promise<(ShellProblem | undefined)[]> {
  const shells = Math.min(availableParallelism(), 4, Math.ceil(scripts.length / 8));
  const share = Math.ceil(scripts.length / Math.max(1, shells));
  const shares = Array.from({ length: shells }, (_, index) =>
    scripts.slice(index * share, (index + 1) * share),
  );
  const found = await Promise.all(shares.map((some) => checkShare(some, options)));
  return found.flat();
}

async function checkShare(
  scripts: readonly string[],
  { signal }: CheckScriptsOptions,
): Promise<(ShellProblem | undefined)[]> {
  const word = `end-${randomBytes(16).toString('hex')}`;
  const program = scripts.map((script, index) => {
    // A shell cannot read NUL, so there is nothing to say of such a script.
    const text = script.includes('\0') ? '' : script;
    const end = text === '' || text.endsWith('\n') ? '' : '\n';
    return `echo ${word} ${index} >&2\nsh -n <<'${word}'\n${text}${end}${word}\n`;
  });
  const said = await runShell(program.join(''), signal);
  const problems: (ShellProblem | undefined)[] = new Array(scripts.length).fill(undefined);
  for (const part of said.split(`${word} `).slice(1)) {
    const end = part.indexOf('\n');
    problems[Number(part.slice(0, end))] = problemIn(part.slice(end + 1));
  }
  return problems;
}

/** `sh: 3: Syntax error: …` (dash), `sh: line 3: syntax error …` (bash, busybox). */
function problemIn(said: string): ShellProblem | undefined {
  const [, line, message] = /^[^\n:]*: (?:line )?([0-9]+): ([^\n]+)/m.exec(said) ?? [];
  return line === undefined || message === undefined ? undefined : { line: Number(line), message };
}

function runShell(program: string, signal: AbortSignal | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    const shell = spawn('sh', ['-s'], {
      stdio: ['pipe', 'ignore', 'pipe'],
      env: { PATH: process.env['PATH'], LC_ALL: 'C' },
      timeout: LONGEST_MS,
      ...(signal === undefined ? {} : { signal }),
    });
    let said = '';
    shell.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    // A shell that is gone says so by its end.
    shell.stdin.on('error', () => {});
    shell.once('error', (error) => {
      reject(
        signal?.aborted
          ? error
          : new DomstartError('host-incapable', `cannot run sh: ${messageOf(error)}`, {
              hint: 'scripts are not checked with --no-sh',
              cause: error,
            }),
      );
    });
    shell.once('close', () => resolve(said));
    shell.stdin.end(program);
  });
}
