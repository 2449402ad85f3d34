/**
 * Plays one scenario with a real daemon and the real initctl and prints what was seen, as JSON of
 * `Played`. Runs as process 1 of its own namespace (namespace.ts): steps name processes of the whole
 * machine.
 *
 * After each step it waits until nothing has been told for QUIET_MS, as the recorder did.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createBusyWatch, isFamilyBusy } from './busy.ts';
import { type Channel, type StepLog, withoutReturn } from './expected.ts';
import type { Played } from './namespace.ts';
import { createTraceRenderer, type TraceLine } from './render-trace.ts';
import { whyNoRight } from './rights.ts';
import { readScenario, type Scenario } from './scenario.ts';

const QUIET_MS = 300;
const TURN_MS = 20;
const BUSY_LIMIT_MS = 4000;
const BEGIN_LIMIT_MS = 3000;
const IDLE_TURNS = 8;
const STEP_LIMIT_MS = 10_000;
const BOOT_LIMIT_MS = 20_000;
/** Options of init that only say how it was run. */
const OF_RECORDER = new Set(
  ['user', 'session', 'no-sessions', 'no-dbus', 'no-inherit-env', 'debug', 'verbose'].map(
    (name) => `--${name}`,
  ),
);
/** A word of the command line of every initctl of ours. */
const CLIENT = '--called-as=initctl';
const bin = join(import.meta.dirname, '../../bin');

const [folder = '', work = ''] = process.argv.slice(2);
try {
  process.stdout.write(JSON.stringify(await playOrSkip(readScenario(folder))));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
// The namespace ends with its first process, and with it whatever still runs in it.
process.exit();

async function playOrSkip(scenario: Scenario): Promise<Played> {
  const why = whyNoRight(scenario);
  if (why !== undefined) return { kind: 'skipped', why };
  return { kind: 'played', steps: await play(scenario) };
}

async function play({ steps, options, old }: Scenario): Promise<readonly StepLog[]> {
  const jobs = old ? 'etc/event.d' : 'jobs';
  cpSync(join(folder, old ? 'event.d' : 'jobs'), join(work, jobs), {
    recursive: true,
    verbatimSymlinks: true,
  });
  if (existsSync(join(folder, 'fs'))) {
    cpSync(join(folder, 'fs'), work, { recursive: true, verbatimSymlinks: true });
  }

  // `telinit` and the like are names of initctl; the host may have its own.
  const names = join(work, 'names');
  mkdirSync(names);
  // Where a session init keeps logs, and the ways there that scenarios may take.
  const logs = join(work, 'cache/upstart');
  mkdirSync(logs, { recursive: true });
  symlinkSync('cache', join(work, '.cache'));
  for (const name of ['log', 'logs', 'upstart']) {
    if (!existsSync(join(work, name))) symlinkSync('cache/upstart', join(work, name));
  }
  for (const name of ['initctl', 'telinit']) symlinkSync(join(bin, 'initctl'), join(names, name));
  const environment = {
    PATH: `${names}:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin`,
    TERM: 'dumb',
    LC_ALL: 'C',
    HOME: work,
    XDG_CACHE_HOME: join(work, 'cache'),
    // Jobs of 0.3 get no more of the environment than they did; they find the usual place.
    ...(old ? {} : { DOMSTART_SOCKET: join(work, 'control') }),
  };
  const daemon = spawn(
    join(bin, 'domstartd'),
    [
      ...['--exactly', '--confdir', jobs, '--logdir', logs, '--trace', 'trace'],
      // The recorder's init ran with --debug.
      ...['--log-priority', 'debug', ...options.filter((option) => !OF_RECORDER.has(option))],
    ],
    {
      cwd: work,
      env: environment,
      stdio: ['ignore', 'ignore', openSync(join(work, 'stderr'), 'a')],
    },
  );
  const exit = new Promise<void>((resolve) => daemon.once('exit', () => resolve()));
  const trace = createTail(join(work, 'trace'));
  const out = createTail(join(work, 'out'));
  const renderer = createTraceRenderer({ old });
  const background = new Map<string, Running>();
  const seen: StepLog[] = [];

  const isBusy = createBusyWatch(CLIENT);
  /**
   * Counted in turns, not in time: on a busy machine everything else takes longer as well. There a
   * job that has something to do may wait long for its turn, and for the recorder our initctl would
   * have taken no time: while any of that goes on it is no rest, unless it goes on for ever.
   */
  const quiet = async () => {
    let size = -1;
    for (let turns = 0, all = 0; turns < QUIET_MS / TURN_MS; turns += 1, all += 1) {
      const now = trace.size();
      if (now !== size) all = 0;
      if (now !== size || (isBusy() && all < BUSY_LIMIT_MS / TURN_MS)) turns = 0;
      size = now;
      await sleep(TURN_MS);
    }
  };
  /**
   * Until a command that goes on in the background has had some effect, or has ended, or waits: none
   * of its processes wants the processor, several times in a row.
   */
  const begun = async (running: Running) => {
    const size = trace.size();
    for (let turns = 0, idle = 0; turns < BEGIN_LIMIT_MS / TURN_MS; turns += 1) {
      if (running.outcome !== undefined || trace.size() !== size) return;
      idle = isFamilyBusy(running.child.pid as number) ? 0 : idle + 1;
      if (idle > IDLE_TURNS) return;
      await sleep(TURN_MS);
    }
  };
  const note = (step: string, { printed = '', status }: Outcome) => {
    const lines: Record<Channel, string[]> = { T: [], O: [], X: [], C: [] };
    for (const line of trace.read()) {
      lines.T.push(...renderer.render(JSON.parse(line) as TraceLine));
    }
    lines.T.push(...renderer.atRest());
    lines.O = out.read().map(withoutReturn);
    lines.C = printed
      .split('\n')
      .slice(0, printed.endsWith('\n') ? -1 : undefined)
      .filter((line) => line !== '' || printed !== '')
      .map((line) => withoutReturn(line).replaceAll(/process \d+/g, 'process PID'));
    seen.push({ step, lines, status });
  };

  await bootOf(environment.DOMSTART_SOCKET ?? '/run/domstart/control', daemon);
  await quiet();
  note('boot', { status: undefined });
  for (const step of steps) {
    const outcome = await take(step);
    await quiet();
    note(step, outcome);
  }
  daemon.kill('SIGKILL');
  await exit;
  return seen;

  async function take(step: string): Promise<Outcome> {
    const [word = '', ...rest] = step.split(' ');
    const text = rest.join(' ');
    switch (word) {
      case 'bg': {
        const running = run(rest.slice(1).join(' '));
        background.set(rest[0] as string, running);
        await begun(running);
        return { status: undefined };
      }
      case 'poll': {
        const running = started(text);
        return running.outcome ?? { printed: `${text}: still running\n`, status: 'none' };
      }
      case 'wait':
        return finish(started(text));
      case 'sh':
        return finish(run(text));
      case 'until':
        return until(text);
      case 'sleep':
        await sleep(Number(text) * 1000);
        return { status: undefined };
      case 'signal':
        daemon.kill(`SIG${text}` as NodeJS.Signals);
        return { status: undefined };
      default:
        return finish(run(step));
    }
  }

  function started(name: string): Running {
    const running = background.get(name);
    if (running === undefined) throw new Error(`nothing was started in the background as ${name}`);
    return running;
  }

  async function until(condition: string): Promise<Outcome> {
    for (const end = performance.now() + STEP_LIMIT_MS; performance.now() < end; await sleep(50)) {
      const { status } = await finish(run(condition));
      if (status === '0') return { status };
    }
    return { status: 'timeout' };
  }

  function run(command: string): Running {
    const child = spawn('/bin/sh', ['-c', command], {
      cwd: work,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let printed = '';
    let complained = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      printed += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      complained += chunk;
    });
    const running: Running = { child, done: Promise.resolve(), outcome: undefined };
    running.done = new Promise((resolve) => {
      // The recorder's standard output was a pipe, which the C library fills at the end only.
      child.once('close', (status) => {
        running.outcome = { printed: complained + printed, status: String(status) };
        resolve();
      });
    });
    return running;
  }

  async function finish(running: Running): Promise<Outcome> {
    await Promise.race([running.done, sleep(STEP_LIMIT_MS)]);
    return running.outcome ?? { status: 'timeout' };
  }
}

interface Outcome {
  readonly printed?: string;
  readonly status: string | undefined;
}

interface Running {
  readonly child: ChildProcess;
  done: Promise<void>;
  outcome: Outcome | undefined;
}

async function bootOf(socket: string, daemon: ChildProcess): Promise<void> {
  for (const end = performance.now() + BOOT_LIMIT_MS; performance.now() < end; await sleep(10)) {
    if (existsSync(socket)) return;
    if (daemon.exitCode !== null) break;
  }
  throw new Error(`the daemon did not start: ${readFileSync(join(work, 'stderr'), 'utf8')}`);
}

/** Whole lines of a file that grows, from where the last reading ended. */
function createTail(file: string) {
  let at = 0;
  let rest = '';
  return {
    size: () => (existsSync(file) ? statSync(file).size : 0),
    read(): string[] {
      if (!existsSync(file)) return [];
      const { size } = statSync(file);
      if (size < at) at = 0;
      const fd = openSync(file, 'r');
      const bytes = Buffer.alloc(size - at);
      readSync(fd, bytes, 0, bytes.length, at);
      closeSync(fd);
      at = size;
      const lines = (rest + bytes.toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      return lines;
    },
  };
}
