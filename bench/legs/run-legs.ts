import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Runs legs (main.ts) in turn, forwards and then backwards, so that a machine whose speed drifts is
 * fair to all. Gives seconds.
 */
export async function legsInTurn(
  legs: readonly string[],
  tasks: number,
  runs: number,
): Promise<Record<string, number[]>> {
  const seconds: Record<string, number[]> = {};
  for (let at = 0; at < runs; at += 1) {
    console.error(`run ${at + 1} of ${runs}`);
    for (const leg of at % 2 === 0 ? legs : legs.toReversed()) {
      const main = join(import.meta.dirname, 'main.ts');
      const { stdout } = await run(process.execPath, [main, leg, String(tasks)]);
      const ms = Number(stdout);
      if (!(ms > 0)) throw new Error(`${leg} told no time: ${stdout}`);
      seconds[leg] ??= [];
      seconds[leg].push(ms / 1000);
    }
  }
  return seconds;
}
