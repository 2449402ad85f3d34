import { execFile } from 'node:child_process';
import { DomstartError, messageOf } from '../model/errors.ts';
import { findExecutable } from '../system/find-executable.ts';

interface ToolRun {
  /** Absent where it was killed. */
  readonly status?: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Large enough for all that e2fsck may say of a file system in ruins. */
const MOST_OUTPUT = 64 * 2 ** 20;

/** Runs a tool of e2fsprogs to its end. Throws where it is not there or was cancelled. */
export function runTool(
  name: string,
  args: readonly string[],
  { cwd, signal }: { readonly cwd: string; readonly signal: AbortSignal },
): Promise<ToolRun> {
  const tool = toolPath(name);
  // A pager would wait for somebody; messages of other languages nobody here understands.
  const env = { ...process.env, LC_ALL: 'C', DEBUGFS_PAGER: '__none__' };
  const options = { cwd, signal, env, encoding: 'buffer', maxBuffer: MOST_OUTPUT } as const;
  return new Promise((resolve, reject) => {
    const child = execFile(tool, args, options, (error, stdout, stderr) => {
      if (signal.aborted) {
        reject(new DomstartError('cancelled', `${name} was stopped`, { cause: error }));
        return;
      }
      if (error !== null && typeof error.code !== 'number' && error.signal === undefined) {
        const message = `cannot run ${name}: ${messageOf(error)}`;
        reject(new DomstartError('host-incapable', message, { cause: error }));
        return;
      }
      const status = error === null ? 0 : error.code;
      resolve({
        stdout,
        stderr: complaintsOf(stderr.toString('utf8')),
        ...(typeof status === 'number' ? { status } : {}),
      });
    });
    child.stdin?.end();
  });
}

/** Without the line that says who speaks. */
function complaintsOf(stderr: string): string {
  return stderr
    .split('\n')
    .filter((line) => !/^(?:debugfs|e2fsck) \d/.test(line))
    .join('\n')
    .trim();
}

function toolPath(name: string): string {
  const path = [process.env['PATH'], '/usr/sbin', '/sbin'].filter(Boolean).join(':');
  const tool = findExecutable(name, { path });
  if (tool !== undefined) return tool;
  throw new DomstartError('host-incapable', `this host has no ${name}, which images need`, {
    hint: `install ${name === 'cp' ? 'coreutils' : 'e2fsprogs'}`,
  });
}

/**
 * A word of a request of debugfs. Its requests are lines, and nothing but the end of a line ends
 * one: a name that has one in it is refused.
 */
export function quoteRequest(word: string): string {
  if (/[\n\r\0]/.test(word)) {
    throw new DomstartError(
      'not-supported',
      `cannot handle a file whose name has the end of a line in it: ${JSON.stringify(word)}`,
      { hint: 'rename it' },
    );
  }
  return `"${word.replaceAll('"', '""')}"`;
}
