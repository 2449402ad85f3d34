import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { DomstartError, messageOf } from '../model/errors.ts';
import { enclose } from './script-batch.ts';

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

/** So many scripts are read in one go at first, then so many of those that had an error among them. */
const BATCHES = [64, 8];

/**
 * Lets `sh -n` read each script, without running any. A process for each of thousands would cost
 * more than the reading: where several can be read as one and nothing is wrong with that, nothing
 * is wrong with any. What is said of a script is said of it alone.
 *
 * Rejects with `host-incapable` where there is no `sh`.
 */
export async function checkScripts(
  scripts: readonly string[],
  options: CheckScriptsOptions = {},
): Promise<(ShellProblem | undefined)[]> {
  const left = await withoutSound(scripts, options);
  const said = await readScripts(
    left.map((index) => scripts[index] ?? ''),
    options,
  );
  const problems: (ShellProblem | undefined)[] = new Array(scripts.length).fill(undefined);
  for (const [at, index] of left.entries()) problems[index] = problemIn(said[at] ?? '');
  return problems;
}

/** The indexes of the scripts that have to be read alone, or that no batch found to be sound. */
async function withoutSound(
  scripts: readonly string[],
  options: CheckScriptsOptions,
): Promise<number[]> {
  const parts = scripts.map(enclose);
  const alone = [...parts.keys()].filter((index) => parts[index] === undefined);
  let left = [...parts.keys()].filter((index) => parts[index] !== undefined);
  for (const size of BATCHES) {
    if (left.length < size) continue;
    const batches = Array.from({ length: Math.ceil(left.length / size) }, (_, at) =>
      left.slice(at * size, (at + 1) * size),
    );
    const texts = batches.map((batch) => batch.map((index) => parts[index]).join(''));
    const said = await readScripts(texts, options);
    left = batches.filter((_, at) => said[at] !== '').flat();
  }
  return [...alone, ...left];
}

/** What `sh -n` says of each script: of a sound one an empty text; nothing if it did not get there. */
async function readScripts(
  scripts: readonly string[],
  options: CheckScriptsOptions,
): Promise<(string | undefined)[]> {
  const shells = Math.min(availableParallelism(), 4, Math.ceil(scripts.length / 8));
  const share = Math.ceil(scripts.length / Math.max(1, shells));
  const shares = Array.from({ length: shells }, (_, index) =>
    scripts.slice(index * share, (index + 1) * share),
  );
  const found = await Promise.all(shares.map((some) => readShare(some, options)));
  return found.flat();
}

/**
 * A few shells each start `sh -n` for their share, which costs less than starting it from here. The
 * scripts reach them as quoted here-documents that end in a word nobody can guess: they stay data.
 */
async function readShare(
  scripts: readonly string[],
  { signal }: CheckScriptsOptions,
): Promise<(string | undefined)[]> {
  const word = `end-${randomBytes(16).toString('hex')}`;
  const program = scripts.map((script, index) => {
    // A shell cannot read NUL, so there is nothing to say of such a script.
    const text = script.includes('\0') ? '' : script;
    const end = text === '' || text.endsWith('\n') ? '' : '\n';
    return `echo ${word} ${index} >&2\nsh -n <<'${word}' || echo failed >&2\n${text}${end}${word}\n`;
  });
  const said = await runShell(program.join(''), signal);
  const found: (string | undefined)[] = new Array(scripts.length).fill(undefined);
  for (const part of said.split(`${word} `).slice(1)) {
    const end = part.indexOf('\n');
    found[Number(part.slice(0, end))] = part.slice(end + 1);
  }
  return found;
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
