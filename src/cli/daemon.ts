import { spawn } from 'node:child_process';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { ownSocketPath } from '../daemon/control/socket-path.ts';
import { type Daemon, type DaemonOptions, startDaemon } from '../daemon/daemon.ts';
import { logLineOf } from '../daemon/log-lines.ts';
import { isBelow, type LogPriority } from '../daemon/log-priority.ts';
import { type LogFile, openLogFile } from '../embed/log-file.ts';
import type { Dialect } from '../model/job.ts';
import { EXIT } from './exit-codes.ts';
import { fail, say } from './output.ts';
import { VERSION } from './version.ts';

export interface DaemonCommand {
  readonly confdir?: readonly string[];
  readonly prependConfdir?: readonly string[];
  readonly appendConfdir?: readonly string[];
  readonly dialect?: Dialect;
  readonly socket?: string;
  readonly logdir?: string;
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
  let priority = options.logPriority ?? 'message';
  const settings = settingsOf(options);
  try {
    using trace = openTrace(options.trace);
    const running = await startDaemon({
      ...settings,
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
        say(`domstartd: ${line.text}`);
      },
    });
    tellReady();
    await untilStopped(running);
    return EXIT.ok;
  } catch (error) {
    return fail(error);
  }
}

function openTrace(file: string | undefined): LogFile | undefined {
  return file === undefined ? undefined : openLogFile(file);
}

/** SIGTERM and SIGINT stop it in order, a second one at once; SIGHUP reloads. */
async function untilStopped(running: Daemon): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let asked = false;
  const stop = () => {
    if (asked) running.kill();
    asked = true;
    running.stop('shutdown').then(resolve, reject);
  };
  const reload = () => void running.reload().catch(() => {});
  process.on('SIGTERM', stop).on('SIGINT', stop).on('SIGHUP', reload);
  try {
    await promise;
  } finally {
    process.off('SIGTERM', stop).off('SIGINT', stop).off('SIGHUP', reload);
  }
}

/** systemd waits for this where the unit says Type=notify. */
function tellReady(): void {
  if (process.env['NOTIFY_SOCKET'] === undefined) return;
  const child = spawn('systemd-notify', ['--ready', `--pid=${process.pid}`], { stdio: 'ignore' });
  child.on('error', () => {});
}

type Settings = Omit<DaemonOptions, 'priority' | 'onAnnouncement'>;

function settingsOf(options: DaemonCommand): Settings {
  const { dialect, defaultConsole, startupEvent, inheritEnv, exactly, log } = options;
  const environment = Object.entries(process.env).filter((entry) => entry[1] !== undefined);
  const surroundings = { environment: process.env, uid: userInfo().uid };
  const places = placesOf(surroundings.uid);
  const paths = [
    ...(options.prependConfdir ?? []),
    ...(options.confdir ?? [places.jobs]),
    ...(options.appendConfdir ?? []),
  ];
  // As Upstart's init has it; with the whole environment its own is inherited too.
  if (!inheritEnv) process.umask(0o022);
  return {
    folders: paths.map((path) => (dialect === undefined ? { path } : { path, dialect })),
    socket: options.socket ?? ownSocketPath(surroundings),
    environment: new Map(environment as [string, string][]),
    version: VERSION,
    ...(log === false ? {} : { logFolder: options.logdir ?? places.logs }),
    ...(defaultConsole === undefined ? {} : { defaultConsole }),
    ...(startupEvent === undefined ? {} : { startupEvent: startupEvent || null }),
    ...(inheritEnv === undefined ? {} : { inheritEnvironment: inheritEnv }),
    ...(exactly === undefined ? {} : { exactly }),
  };
}

/** Root's are the host's, everybody else's are his own. */
function placesOf(uid: number): { readonly jobs: string; readonly logs: string } {
  if (uid === 0) return { jobs: '/etc/domstart', logs: '/var/log/domstart' };
  const { XDG_CONFIG_HOME: config, XDG_STATE_HOME: state } = process.env;
  return {
    jobs: join(config || join(homedir(), '.config'), 'domstart'),
    logs: join(state || join(homedir(), '.local/state'), 'domstart/log'),
  };
}
