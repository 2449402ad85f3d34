import { spawn } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';

interface Timed {
  /** Whole-process wall time in milliseconds, from spawn to exit. */
  readonly ms: number;
  readonly status: number | null;
}

/** Runs one command with its output thrown away and times it as a whole process. */
function time(command: readonly string[]): Promise<Timed> {
  const [file = '', ...args] = command;
  const begin = performance.now();
  const child = spawn(file, args, { stdio: 'ignore' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status) => resolve({ ms: performance.now() - begin, status }));
  });
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/**
 * Times commands in turn (A B A B …), so that a machine whose speed drifts is fair to all, after
 * one warm-up each. Throws where a command exits otherwise than it should: a failing one is fast.
 */
export async function inTurn(
  commands: Readonly<Record<string, readonly string[]>>,
  runs: number,
  statuses: readonly number[] = [0],
): Promise<Record<string, number[]>> {
  const times: Record<string, number[]> = {};
  for (let run = -1; run < runs; run++) {
    console.error(run < 0 ? 'warming up' : `run ${run + 1} of ${runs}`);
    for (const [name, command] of Object.entries(commands)) {
      const { ms, status } = await time(command);
      if (status === null || !statuses.includes(status))
        throw new Error(`${name} exited with ${status}: ${command.join(' ')}`);
      times[name] ??= [];
      if (run >= 0) times[name].push(ms);
    }
  }
  return times;
}

export function describeMachine(): string {
  const model = cpus()[0]?.model ?? 'unknown';
  const memory = (totalmem() / 2 ** 30).toFixed(0);
  const load = (loadavg()[0] ?? 0).toFixed(1);
  return `${cpus().length} x ${model}, ${memory} GiB, Linux ${release()}, Node ${process.version}, load ${load}`;
}
