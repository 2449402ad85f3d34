import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Nothing that is measured takes this long. */
const PATIENCE_MS = 900_000;

/** Runs a command to its end; returns what it says on standard output. Throws where it fails. */
export async function runCommand(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { stdout } = await promisify(execFile)(file, args, {
    ...{ env: { ...process.env, ...env }, timeout: PATIENCE_MS, maxBuffer: 64 * 2 ** 20 },
  });
  return stdout;
}

/** Wall time in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}
