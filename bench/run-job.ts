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

interface RunJobOptions {
  readonly args?: readonly string[];
  /** Called when the domain is ready; then the run is interrupted. Absent: it ends by itself. */
  readonly whenReady?: () => Promise<void>;
}

interface Line {
  readonly type: string;
  readonly name?: string;
  readonly progress?: string;
  readonly phases?: readonly { readonly phase: string; readonly ms: number }[];
  readonly facts?: { readonly memoryUsed?: number };
}

const PROGRAM = './bin/domstart';
const PATIENCE_MS = 180_000;

/** Throws where the run ends otherwise than it should, or never. */
export async function runJob(
  job: string,
  { args = [], whenReady }: RunJobOptions = {},
): Promise<JobRun> {
  const begin = performance.now();
  const child = spawn(PROGRAM, ['run', job, '--json', ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: PATIENCE_MS,
  });
  const exit = once(child, 'exit');
  const { phases = [], facts } = await readLines(child, whenReady).catch(async (error) => {
    child.kill('SIGTERM');
    await exit;
    throw error;
  });
  await exit;
  const life = performance.now() - begin;
  if (child.exitCode !== (whenReady === undefined ? 0 : 130)) {
    throw new Error(`domstart run ${job} exited with ${child.exitCode ?? child.signalCode}`);
  }
  const boot = phases.find(({ phase }) => phase === 'boot')?.ms ?? Number.NaN;
  return { life, boot, memory: (facts?.memoryUsed ?? Number.NaN) / 1000 };
}

/** The line that tells how the domain was. */
async function readLines(
  child: ChildProcess,
  whenReady: RunJobOptions['whenReady'],
): Promise<Line> {
  if (child.stdout === null) throw new Error('no standard output');
  let result: Line = { type: 'result' };
  for await (const text of createInterface({ input: child.stdout })) {
    const line = JSON.parse(text) as Line;
    if (line.type === 'result') result = line;
    if (whenReady === undefined || !isReady(line)) continue;
    await whenReady();
    child.kill('SIGINT');
  }
  return result;
}

/** Each event is told at every step that it makes. */
function isReady({ type, name, progress }: Line): boolean {
  return type === 'event' && name === 'domain-ready' && progress === 'handling';
}
