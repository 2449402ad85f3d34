import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** One domain of `domstart run JOB --json`. */
export interface JobRun {
  /** Milliseconds from the start of Node to its exit. */
  readonly life: number;
  readonly boot: number;
  /** MB in use in the guest: MemTotal - MemAvailable, as its init reads it. */
  readonly memory: number;
}

export interface RunJobOptions {
  readonly args?: readonly string[];
  /** Called once, when the domain is ready; then the run is interrupted. Absent: it ends by itself. */
  readonly whenReady?: () => Promise<void>;
}

interface Line {
  readonly type: string;
  readonly name?: string;
  readonly phases?: readonly { readonly phase: string; readonly ms: number }[];
  readonly facts?: { readonly memoryUsed?: number };
}

const PATIENCE_MS = 180_000;

/** Throws where the run ends otherwise than it should, or never. */
export async function runJob(
  job: string,
  { args = [], whenReady }: RunJobOptions = {},
): Promise<JobRun> {
  const begin = performance.now();
  const child = spawn('./bin/domstart', ['run', job, '--json', ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: PATIENCE_MS,
  });
  const exit = once(child, 'exit');
  const result = await readLines(child, whenReady);
  const [status] = await exit;
  const life = performance.now() - begin;
  if (status !== (whenReady === undefined ? 0 : 130)) {
    throw new Error(`domstart run ${job} exited with ${status}`);
  }
  const boot = result?.phases?.find(({ phase }) => phase === 'boot')?.ms ?? Number.NaN;
  return { life, boot, memory: (result?.facts?.memoryUsed ?? Number.NaN) / 1000 };
}

async function readLines(
  child: ChildProcess,
  whenReady: RunJobOptions['whenReady'],
): Promise<Line | undefined> {
  let result: Line | undefined;
  if (child.stdout === null) throw new Error('no standard output');
  try {
    for await (const text of createInterface({ input: child.stdout })) {
      const line = JSON.parse(text) as Line;
      if (line.type === 'result') result = line;
      if (line.type !== 'event' || line.name !== 'domain-ready') continue;
      await whenReady?.();
      if (whenReady !== undefined) child.kill('SIGINT');
    }
  } catch (error) {
    child.kill('SIGTERM');
    throw error;
  }
  return result;
}
