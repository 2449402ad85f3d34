import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { getSystemErrorName } from 'node:util';
import { DomstartError } from '../../model/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Ending } from '../../ports/main-process.ts';
import { type Launch, prepareLaunch, type SpawnRequest } from '../launch.ts';
import { hasRoomNow, launchFault } from '../launch-fault.ts';
import { createLineSplitter } from '../line-splitter.ts';
import { readOutput } from '../output-sink.ts';
import { signalName } from '../signal-name.ts';
import { toolPath } from '../tool-path.ts';
import { FOLLOWER_PROGRAM } from './follower-program.ts';
import { killSessions } from './kill-sessions.ts';
import { systemCalls } from './system-calls.ts';
import { afterExpect, expectUnmet, FORKS, leftBehind } from './unmet.ts';

export interface FollowedProcess {
  /** Of the process that was executed first. */
  readonly pid: number;
  /** Of the process that is the main one then. Nothing of the job is left. */
  readonly ended: Promise<Ending>;
  readonly expected: Promise<void>;
  /** To the whole group of the main process. */
  signal(number: number): void;
  /** To the main process alone. */
  reload(number: number): void;
  /** Kills all that is left. */
  end(): void;
}

export interface FollowOptions {
  readonly expect: keyof typeof FORKS;
  readonly clock: Clock;
  /** How long it may take; null: for ever. */
  readonly expectMs: number | null;
}

/** The descriptor that the helper talks on. */
const SOCKET_FD = 3;

/**
 * `expect fork` and `expect daemon`: runs the main process under the helper of
 * follower-program.ts. Rejects with a DomstartError where it cannot be set up.
 */
export async function followForks(
  request: SpawnRequest,
  options: FollowOptions,
): Promise<FollowedProcess> {
  try {
    return await follow(request, options);
  } catch (error) {
    if (hasRoomNow(error)) return follow(request, options);
    throw error;
  }
}

async function follow(request: SpawnRequest, options: FollowOptions): Promise<FollowedProcess> {
  const perl = toolPath('perl');
  const calls = systemCalls();
  const launch = prepareLaunch(request);
  const stdio: (number | 'ignore' | 'pipe')[] = [...launch.options.stdio];
  stdio[SOCKET_FD] = 'pipe';
  const words = [FORKS[options.expect], calls.prctl, launch.options.detached ? calls.setsid : 0];
  try {
    const args = ['-e', FOLLOWER_PROGRAM, ...words.map(String), ...launch.argv];
    const env = helperEnvironment(launch.options.env);
    const { child: helper, ended } = request.forks.record('helper', () =>
      spawn(perl, args, { ...launch.options, env, detached: true, stdio }),
    );
    helper.on('error', () => {});
    helper.once('exit', ended);
    if (helper.pid === undefined) {
      throw await new Promise((resolve) => helper.once('error', resolve));
    }
    launch.close();
    return await converse(helper.stdio[SOCKET_FD] as Socket, { request, launch, ...options });
  } catch (error) {
    if (error instanceof DomstartError) throw error;
    launch.abandon();
    throw launchFault(request, launch, error);
  }
}

/** Perl must not take the job's variables for its own, nor complain about its locale. */
function helperEnvironment(environment: Record<string, string>): Record<string, string> {
  const entries = Object.entries(environment).map(([name, value]) => [
    name.startsWith('PERL') ? `domstart-kept:${name}` : name,
    value,
  ]);
  return { ...Object.fromEntries(entries), PERL_BADLANG: '0' };
}

interface Conversation extends FollowOptions {
  readonly request: SpawnRequest;
  readonly launch: Launch;
}

/** Resolves once the command was executed. */
function converse(socket: Socket, conversation: Conversation): Promise<FollowedProcess> {
  const { request, launch, clock, expectMs } = conversation;
  const { forks: record } = request;
  const { job, report } = request.context;
  const begun = Promise.withResolvers<FollowedProcess>();
  const ended = Promise.withResolvers<Ending>();
  const expected = Promise.withResolvers<void>();
  let output: ReturnType<typeof readOutput> | undefined;
  const leaders = new Set<number>();
  let pid = 0;
  let forks = 0;
  let sent = 0;
  let over = false;
  let forget = () => {};
  let ofPid = () => {};

  /** The main process is this one from now on. */
  function setMain(it: number): void {
    pid = it;
    leaders.add(pid);
    const before = ofPid;
    ofPid = record.add(pid);
    before();
  }

  function begin(first: number): void {
    setMain(first);
    // Before a fork that comes at once.
    report.forked(pid);
    output = readOutput(launch.console, request);
    forget = afterExpect(clock, expectMs, (waited) =>
      expected.reject(expectUnmet(job, { forks, pid, expectMs: waited })),
    );
    const tell = (what: string, number: number) => {
      if (!over && socket.writable) socket.write(`${what} ${number}\n`);
    };
    begun.resolve({
      pid,
      ended: ended.promise,
      expected: expected.promise,
      signal(number) {
        if (number === 0) return;
        sent = number;
        tell('signal', number);
      },
      reload: (number) => tell('reload', number),
      end: () => void socket.end(),
    });
  }

  function end(ending: Ending): void {
    if (over) return;
    over = true;
    forget();
    ofPid();
    if (output === undefined) ended.resolve(ending);
    else output.finish(() => ended.resolve(ending));
  }

  function take(line: string): void {
    const [what, ...words] = line.split(' ');
    const number = Number(words[0]);
    switch (what) {
      case 'fail':
        begun.reject(Object.assign(new Error(line), { code: getSystemErrorName(-number) }));
        break;
      case 'main':
        begin(number);
        break;
      case 'fork':
        setMain(number);
        forks += 1;
        report.followed(pid);
        break;
      case 'met':
        forget();
        expected.resolve();
        break;
      case 'left':
        if (sent === 0) report.warn(leftBehind(job, { pid, left: words }));
        break;
      case 'exit':
        end(endingOf(words[1], { job: job.name, pid, sent }));
        break;
    }
  }

  const lines = createLineSplitter(take);
  socket.on('data', (bytes: Uint8Array) => lines.push(bytes));
  socket.on('error', () => {});
  socket.once('close', () => {
    const error = new DomstartError('host-io', `the helper that follows ${job.name} is gone`, {
      hint: 'something else killed it; what it followed was killed with it',
    });
    begun.reject(error);
    if (!over) killSessions(leaders);
    end({ kind: 'failed', error });
  });
  return begun.promise;
}

function endingOf(
  word: string | undefined,
  { job, pid, sent }: { readonly job: string; readonly pid: number; readonly sent: number },
): Ending {
  if (word !== undefined && word !== '?') {
    const status = Number(word);
    return (status & 0x7f) === 0
      ? { kind: 'exited', status: (status >> 8) & 0xff }
      : { kind: 'signalled', signal: signalName(status & 0x7f) };
  }
  // Its parent lived on and took the status before we saw it.
  if (sent !== 0) return { kind: 'signalled', signal: signalName(sent) };
  const message = `how process ${pid} of ${job} ended is not known: the process that forked it took its status`;
  return {
    kind: 'failed',
    error: new DomstartError('expect-unmet', message, {
      hint: 'where that process is the one that serves, take `expect` out of the job',
    }),
  };
}
