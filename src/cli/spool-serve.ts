import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Daemon, startDaemon } from '../daemon/daemon.ts';
import { JobFileError, loadJobs } from '../embed/load-jobs.ts';
import { runFolder, stateFolder } from '../host/paths.ts';
import { DomstartError } from '../model/errors.ts';
import type { JobDefinition } from '../model/job.ts';
import { keptOnFailure } from '../model/kept.ts';
import { neutralise } from '../model/terminal.ts';
import { countFiles, openFolders } from '../spool/folders.ts';
import { textOf } from '../spool/names.ts';
import type { SpoolTold } from '../spool/spool.ts';
import { EXIT } from './exit-codes.ts';
import { fail, print, say } from './output.ts';
import { SPOOL_SESSION } from './owners.ts';
import { CONTROL_SOCKET } from './run-session.ts';
import { VERSION } from './version.ts';

export interface ServeOptions {
  readonly job: string;
  readonly limit?: number;
  readonly drain?: true;
  /** Seconds. */
  readonly keepOnFailure?: number;
  readonly json?: true;
  readonly quiet?: true;
  readonly state?: string;
}

/** `domstart spool DIR --job JOB.conf`: a daemon of one job, in the foreground. */
export async function serveSpool(folder: string, options: ServeOptions): Promise<number> {
  let failed = 0;
  try {
    const job = await spoolJob(folder, options);
    const folders = await openFolders(folder);
    const place = placeFor(folders.spool);
    await using stack = new AsyncDisposableStack();
    const orders = takeOrders();
    stack.defer(orders.forget);
    const running = await startDaemon({
      ...{ folders: [], jobs: [job], socket: join(place, CONTROL_SOCKET), version: VERSION },
      stateFolder: options.state ?? stateFolder(),
      startupEvent: null,
      environment: new Map(Object.entries(process.env).filter(isSet)),
      priority: { get: () => 'message', set: () => {} },
      onAnnouncement({ type, told }) {
        if (type === 'notice' && told.severity === 'warning') {
          say(`domstart: ${neutralise(told.text)}`);
        }
        if (type === 'progress') {
          const { kind, phase, detail } = told.progress;
          if (kind === 'note' && phase === 'kept') say(`kept    ${neutralise(detail)}`);
        }
      },
      onSpool(told) {
        if (told.kind === 'over' && told.outcome === 'failed') failed += 1;
        tell(told, options);
      },
    });
    // Ours alone from now on.
    stack.defer(() => rmSync(place, { recursive: true, force: true }));
    if (!options.quiet && !options.json) say(`domstart: drop files into ${neutralise(folders.in)}`);
    const status = await orders.follow(running, () => isIdle(folders));
    await running.stop('shutdown');
    return status ?? (failed > 0 ? EXIT.failed : EXIT.ok);
  } catch (error) {
    if (error instanceof JobFileError) say(error.render());
    return fail(error);
  }

  async function isIdle({ in: inbox, work }: { in: string; work: string }): Promise<boolean> {
    if (options.drain === undefined) return false;
    return (await countFiles(inbox)) === 0 && (await countFiles(work)) === 0;
  }
}

function isSet(entry: [string, string | undefined]): entry is [string, string] {
  return entry[1] !== undefined;
}

/** The one job of the file, with the spool that was named. */
async function spoolJob(
  folder: string,
  { job: path, limit, keepOnFailure }: ServeOptions,
): Promise<JobDefinition> {
  const jobs = await loadJobs(path);
  const [job, ...more] = keepOnFailure === undefined ? jobs : keptOnFailure(jobs, keepOnFailure);
  if (job === undefined || more.length > 0) {
    throw new DomstartError('job-invalid', `${path} holds ${more.length + 1} jobs`, {
      hint: 'a spool is for one job: name its file',
    });
  }
  const spool = { ...job.spool, folder: resolve(folder), ...(limit !== undefined && { limit }) };
  // It runs for files, and for nothing else that it may wait for.
  const { startOn: _, ...rest } = job;
  return { ...rest, spool };
}

/** The place of its control socket: the same each time, so that what a killed one left is found. */
function placeFor(spool: string): string {
  const digest = createHash('sha256').update(spool).digest('hex').slice(0, 12);
  return join(runFolder(), `${SPOOL_SESSION}-${digest}`);
}

/** Milliseconds between two looks whether all is done. */
const LOOK = 200;

/** The first signal stops in order, a second one at once. */
function takeOrders() {
  let status: number | undefined;
  let running: Daemon | undefined;
  const { promise: stopped, resolve } = Promise.withResolvers<void>();
  const on = (code: number) => () => {
    if (status !== undefined) running?.kill();
    else say('domstart: stopping, what runs is given back; once more to kill');
    status ??= code;
    resolve();
  };
  const onInterrupt = on(EXIT.interrupted);
  const onTerminate = on(EXIT.terminated);
  process.on('SIGINT', onInterrupt).on('SIGTERM', onTerminate);
  return {
    /** The exit status where a signal came; undefined where all is done. */
    async follow(started: Daemon, isIdle: () => Promise<boolean>): Promise<number | undefined> {
      running = started;
      let idle = 0;
      while (status === undefined && idle < 2) {
        await Promise.race([stopped, new Promise((next) => setTimeout(next, LOOK))]);
        // One look may fall between two steps of a file.
        idle = (await isIdle()) ? idle + 1 : 0;
      }
      return status;
    },
    forget() {
      process.off('SIGINT', onInterrupt).off('SIGTERM', onTerminate);
    },
  };
}

function tell(told: SpoolTold, { json, quiet }: ServeOptions): void {
  const name = textOf(told.name);
  if (json) {
    const { name: _, ...rest } = told;
    const more = told.kind === 'over' ? { folder: told.folder.toString() } : {};
    print(JSON.stringify({ file: name, ...rest, ...more }));
    return;
  }
  if (told.kind === 'begun') {
    if (!quiet) say(`run     ${neutralise(name)}`);
    return;
  }
  const why = told.reason === undefined ? '' : `: ${firstLine(told.reason)}`;
  const seconds = (told.ms / 1000).toFixed(2);
  print(`${told.outcome.padEnd(6)}  ${neutralise(name)}  ${seconds} s${neutralise(why)}`);
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
