import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ownSocketPath } from '../daemon/control/socket-path.ts';
import { type Daemon, type DaemonOptions, startDaemon } from '../daemon/daemon.ts';
import { logLineOf } from '../daemon/log-lines.ts';
import { isBelow, type LogPriority } from '../daemon/log-priority.ts';
import type { LogFile } from '../embed/log-file.ts';
import { stateFolder } from '../host/paths.ts';
import { DomstartError, messageOf, toDomstartError } from '../model/errors.ts';
import type { Dialect } from '../model/job.ts';
import { neutralise } from '../model/terminal.ts';
import { createTalk } from './daemon-talk.ts';
import { EXIT } from './exit-codes.ts';
import { fail, say, tolerateClosedStreams } from './output.ts';
import { keepHeapSmall } from './small-heap.ts';
import { VERSION } from './version.ts';

export interface DaemonCommand {
  readonly confdir?: readonly string[];
  readonly prependConfdir?: readonly string[];
  readonly appendConfdir?: readonly string[];
  readonly dialect?: Dialect;
  readonly socket?: string;
  readonly logdir?: string;
  readonly outputdir?: string;
  readonly state?: string;
  /** `--no-log` */
  readonly log?: false;
  readonly trace?: string;
  readonly logPriority?: LogPriority;
  readonly defaultConsole?: 'none' | 'log' | 'output' | 'owner';
  /** `--no-startup-event`: false. */
  readonly startupEvent?: string | false;
  readonly inheritEnv?: true;
  readonly exactly?: true;
}

/** `domstart daemon`: serves folders of jobs until it is told to stop. */
export async function daemon(options: DaemonCommand): Promise<number> {
  keepHeapSmall();
  tolerateClosedStreams();
  let priority = options.logPriority ?? 'message';
  const talk = createTalk();
  const orders = takeOrders();
  try {
    const settings = settingsOf(options);
    using trace = await openTrace(options.trace);
    const running = await startDaemon({
      ...settings,
      signal: orders.stop,
      priority: {
        get: () => priority,
        set: (wanted) => {
          priority = wanted;
        },
      },
      onAnnouncement(announcement) {
        trace?.write(announcement);
        const line = logLineOf(announcement);
        if (line === undefined || isBelow(line.priority, priority)) return;
        talk(line.text);
      },
    });
    tellReady();
    if (!isBelow('message', priority)) talk(servesAt(settings));
    await orders.follow(running);
    return EXIT.ok;
  } catch (error) {
    // Nothing was begun yet.
    if (orders.stop.aborted && toDomstartError(error).code === 'cancelled') return EXIT.ok;
    return fail(error);
  } finally {
    orders.forget();
    // Who does not read what was said last is not waited for.
    setTimeout(() => process.exit(), PATIENCE_MS).unref();
  }
}

const PATIENCE_MS = 1000;

/** Whoever starts it in a terminal shall see that it is there, and how to ask it. */
function servesAt({ folders, socket }: Settings): string {
  const paths = folders.map(({ path }) => path).join(', ');
  return neutralise(`serves the jobs of ${paths} at ${socket}`);
}

/** What writes it is loaded only where one is wanted. */
async function openTrace(file: string | undefined): Promise<LogFile | undefined> {
  if (file === undefined) return undefined;
  const { openLogFile } = await import('../embed/log-file.ts');
  return openLogFile(file);
}

/** What signals ask for, from the first moment on. */
interface Orders {
  readonly stop: AbortSignal;
  /** Resolves when it has stopped. */
  follow(running: Daemon): Promise<void>;
  forget(): void;
}

/** SIGTERM and SIGINT stop it in order, a second one at once; SIGHUP reloads. */
function takeOrders(): Orders {
  const stop = new AbortController();
  let running: Daemon | undefined;
  const onStop = () => {
    if (stop.signal.aborted) running?.kill();
    stop.abort();
  };
  // While it starts it reads everything anyway, and hears of what changes.
  const onReload = () => void running?.reload().catch(() => {});
  // Upstart connects to D-Bus again; without this Node would open a port for debuggers.
  const onUser = () => {};
  process.on('SIGTERM', onStop).on('SIGINT', onStop).on('SIGHUP', onReload);
  process.on('SIGUSR1', onUser);
  return {
    stop: stop.signal,
    async follow(started) {
      running = started;
      if (!stop.signal.aborted) await once(stop.signal, 'abort');
      await started.stop('shutdown');
    },
    forget() {
      process.off('SIGTERM', onStop).off('SIGINT', onStop).off('SIGHUP', onReload);
      process.off('SIGUSR1', onUser);
    },
  };
}

/** systemd waits for this where the unit says Type=notify. */
function tellReady(): void {
  if (process.env['NOTIFY_SOCKET'] === undefined) return;
  const child = spawn('systemd-notify', ['--ready', `--pid=${process.pid}`], { stdio: 'ignore' });
  child.on('error', (error) => say(`domstartd: cannot tell that it is ready: ${error.message}`));
}

type Settings = Omit<DaemonOptions, 'priority' | 'onAnnouncement'>;

function settingsOf(options: DaemonCommand): Settings {
  const { dialect, defaultConsole, startupEvent, inheritEnv, exactly, log } = options;
  // Whom it is ready for is no affair of its jobs.
  const { NOTIFY_SOCKET: _, ...own } = process.env;
  const environment = Object.entries(own).filter((entry) => entry[1] !== undefined);
  const surroundings = { environment: process.env, uid: process.getuid?.() ?? 0 };
  const places = placesOf(surroundings.uid);
  const paths = [
    ...(options.prependConfdir ?? []),
    ...(options.confdir ?? [places.jobs]),
    ...(options.appendConfdir ?? []),
  ];
  if (startupEvent === '') {
    throw new DomstartError('variable-missing', '--startup-event names no event', {
      hint: 'name one, or write --no-startup-event',
    });
  }
  const logs = options.logdir ?? places.logs;
  const outputs = options.outputdir ?? places.outputs;
  if (log !== false) refuseNoFolder('--logdir', logs);
  refuseNoFolder('--outputdir', outputs);
  const state = options.state ?? stateFolder();
  if (!exactly) refuseNoFolder('--state', state);
  // As Upstart's init has it; with the whole environment its own is inherited too.
  if (!inheritEnv) process.umask(0o022);
  return {
    folders: paths.map((path) => (dialect === undefined ? { path } : { path, dialect })),
    socket: options.socket ?? ownSocketPath(surroundings),
    environment: new Map(environment as [string, string][]),
    version: VERSION,
    outputFolder: outputs,
    ...(log === false ? {} : { logFolder: logs }),
    ...(defaultConsole === undefined ? {} : { defaultConsole }),
    ...(startupEvent === undefined ? {} : { startupEvent: startupEvent || null }),
    ...(inheritEnv === undefined ? {} : { inheritEnvironment: inheritEnv }),
    ...(exactly ? { exactly } : { stateFolder: state }),
  };
}

/** Better now than when the first job has something to write. */
function refuseNoFolder(option: string, path: string): void {
  const hint = `name another one: ${option} DIR`;
  try {
    if (statSync(path).isDirectory()) return;
  } catch (cause) {
    // It is made when there is something to write.
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw new DomstartError('host-io', `cannot use ${path}: ${messageOf(cause)}`, { hint, cause });
  }
  throw new DomstartError('host-io', `${path} is no folder`, { hint });
}

interface Places {
  readonly jobs: string;
  readonly logs: string;
  readonly outputs: string;
}

/** Root's are the host's, everybody else's are his own. */
function placesOf(uid: number): Places {
  if (uid === 0) {
    const [logs, outputs] = ['/var/log/domstart', '/var/lib/domstart/output'];
    return { jobs: '/etc/domstart', logs, outputs };
  }
  const { XDG_CONFIG_HOME: config, XDG_STATE_HOME: state } = process.env;
  const home = homeFolder();
  const own = join(state || join(home, '.local/state'), 'domstart');
  return {
    jobs: join(config || join(home, '.config'), 'domstart'),
    logs: join(own, 'log'),
    outputs: join(own, 'output'),
  };
}

/** Of a user who is in no list of users, as in a container that was given a number only, none. */
function homeFolder(): string {
  try {
    return process.env['HOME'] || homedir();
  } catch {
    return '/';
  }
}
