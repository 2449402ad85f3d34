/**
 * The lifecycle of one instance (UPSTART.md, sections 12 and 13), defined once for all jobs: the
 * job is its input. An instance that waits has no machine; one is made when its goal becomes
 * start, and it is over when it is back in `waiting`.
 *
 *   waiting → starting → pre-start → spawned → post-start → running
 *                 ↓          ↓          ↓          ↓           ↓ → pre-stop ┐
 *                 └──────────┴──────────┴──────────┴────→ stopping ←────────┘
 *                                                            ↓
 *             waiting ← (goal stop) post-stop ← killed ←─────┘
 *            starting ← (goal start)
 *
 * The goal is a flag, not a state. `goal.start` and `goal.stop` only set it, except in `running`,
 * the one state that rests; everywhere else the phase in flight is awaited and the goal of that
 * moment decides where to go. Leaving a state in XState stops its actors without waiting for them,
 * so no state is ever left to cancel something: what must end is ended by a state of its own that
 * waits (`killed`, `post-stop`).
 *
 * The `run` state owns one main process from `pre-start` to `post-stop`; entering it again, for a
 * respawn or a restart, begins with a new one. Its phases (`prepare`, `ready`) and its wait for what
 * `expect` says give way when the goal becomes stop; a phase that gave way is no failure. A job's own
 * processes never give way.
 *
 * Two things do not wait for the phase in flight: `kill.due` in any state kills the main process,
 * and `deadline.due` ends the run as failed and everything that runs with it. In both cases the
 * instance kills its own processes (own-driver.ts), and the states are gone through as ever.
 *
 * Goal `respawn`: the main process ended while post-start or pre-stop runs, and is to be started
 * again once that is over.
 *
 * The context is plain data. Whatever reaches outside is an action or actor that the engine
 * provides once (job-instance.ts), found by the instance's id; no action may call back into an
 * actor, it may only queue.
 */
import { assign, fromCallback, setup } from 'xstate';
import type { DomstartError } from '../model/errors.ts';
import type { JobDefinition, ProcessName } from '../model/job.ts';
import type { Ending } from '../ports/main-process.ts';
import type { Failure, JobEventName } from './job-events.ts';
import type { Goal, OwnProcess, State } from './job-state.ts';
import type { RespawnSeries } from './verdict.ts';
import { isSuccess, noRespawns, verdictOf } from './verdict.ts';

interface JobInput {
  readonly id: number;
  readonly job: JobDefinition;
}

interface JobContext extends JobInput {
  readonly goal: Goal;
  /** The main process runs. */
  readonly alive: boolean;
  /** The main process was prepared in this run, so it must be cleaned up. */
  readonly used: boolean;
  /** The job's `timeout` passed: this run goes nowhere but down. */
  readonly expired: boolean;
  /** event.d: it was started more often than `respawn limit` allows. */
  readonly tooMany: boolean;
  readonly failure: Failure | undefined;
  readonly series: RespawnSeries;
}

type MainPhase = 'prepare' | 'spawn' | 'ready' | 'cleanUp';

/** What the machine tells the actor that drives the main process. */
export type MainCommand =
  | { readonly type: MainPhase }
  | { readonly type: 'giveWay' }
  | { readonly type: 'terminate' }
  | { readonly type: 'kill' }
  | { readonly type: 'expire' };

/** What that actor tells the machine. */
export type MainFact =
  | { readonly type: 'main.prepared' }
  /**
   * `awaited`: what `expect` waits for has not come yet; `main.settled` tells when it has.
   * `yielding`: that wait gives way.
   */
  | { readonly type: 'main.spawned'; readonly awaited: boolean; readonly yielding?: boolean }
  | { readonly type: 'main.settled' }
  | { readonly type: 'main.ready' }
  /** `now`: of the clock, in seconds. `final`: nothing is respawned any more. */
  | {
      readonly type: 'main.ended';
      readonly ending: Ending;
      readonly now: number;
      readonly final?: boolean;
    }
  | { readonly type: 'main.cleaned' }
  | {
      readonly type: 'main.failed';
      readonly phase: MainPhase | 'expect';
      readonly error: DomstartError;
      readonly gaveWay: boolean;
    };

export type JobMachineEvent =
  | { readonly type: 'goal.start' }
  | { readonly type: 'goal.stop' }
  /** The `starting` or `stopping` event that held the instance is finished. */
  | { readonly type: 'event.finished' }
  | MainFact
  | { readonly type: 'process.ended'; readonly ending: Ending }
  | { readonly type: 'kill.due' }
  | { readonly type: 'deadline.due'; readonly error: DomstartError };

interface ForInstance {
  readonly id: number;
}

const lifecycle = setup({
  types: {
    context: {} as JobContext,
    events: {} as JobMachineEvent,
    input: {} as JobInput,
  },
  actors: {
    mainProcess: fromCallback<MainCommand, ForInstance>(() => {}),
    ownProcess: fromCallback<{ type: string }, ForInstance & { process: OwnProcess }>(() => {}),
    killTimer: fromCallback<{ type: string }, ForInstance & { seconds: number }>(() => {}),
  },
  actions: {
    announceGoal: (_, _params: { readonly to: Goal }) => {},
    announceState: (_, _params: { readonly to: State }) => {},
    announceRespawn: (_, _params: { readonly kind: 'respawning' | 'respawn-limit' }) => {},
    announceKill: (_, _params: { readonly signal: string | number }) => {},
    /** The start environment becomes the environment; the stop environment is dropped. */
    beginRun: () => {},
    /** Queues the event. For `starting` and `stopping` its end comes back as `event.finished`. */
    queueEvent: (_, _params: { readonly name: JobEventName }) => {},
    /** Lets go of all events that the instance holds, and answers all commands that wait. */
    release: (_, _params: { readonly failed: boolean }) => {},
    noteFailure: (
      _,
      _params: { readonly failure: Failure; readonly error?: DomstartError | undefined },
    ) => {},
    dropStopEnvironment: () => {},
    /** From here on the job's `timeout` counts, where it has one. */
    armDeadline: () => {},
    expireOwn: () => {},
    settle: () => {},
    /** event.d: another start; `tooMany` tells whether it was one too many. */
    countStart: assign({ tooMany: false }),
  },
  guards: {
    wantsUp: ({ context }) => context.goal === 'start' && !context.expired,
    wantsAgain: ({ context }) => context.goal === 'start',
    /** What 0.3 did differently (UPSTART.md, section 26.4). */
    isOld: ({ context }) => context.job.dialect === 'event.d',
    isTooMany: ({ context }) => context.tooMany,
    endsAgainstGoal: ({ context }) => context.job.dialect === 'event.d' && context.goal === 'start',
    wantsRespawn: ({ context }) => context.goal === 'respawn',
    isAlive: ({ context }) => context.alive,
    isImpatient: ({ context }) => context.job.killTimeout === 0,
    isUsed: ({ context }) => context.used,
    isService: ({ context }) => !context.job.task,
    hasMain: ({ context }) => hasMain(context.job),
    has: ({ context }, process: ProcessName) => context.job.processes[process] !== undefined,
    endedBadly: (_, ending: Ending) => !isSuccess(ending),
    isAwaited: ({ event }) => event.type === 'main.spawned' && event.awaited,
    gaveWay: ({ event }) => event.type === 'main.failed' && event.gaveWay,
    gaveWayOrIsOver: ({ context, event }) =>
      !context.alive || (event.type === 'main.failed' && event.gaveWay),
  },
});

function hasMain(job: JobDefinition): boolean {
  return job.domain !== undefined || job.processes.main !== undefined;
}

function setGoal(goal: Goal) {
  return [
    { type: 'announceGoal', params: { to: goal } } as const,
    lifecycle.assign({ goal }),
  ] as const;
}

const tellMain = (type: MainCommand['type']) => lifecycle.sendTo('main', { type });

interface Fail {
  readonly process: Failure['process'];
  readonly ending?: Ending | undefined;
  readonly error?: DomstartError | undefined;
}

/** Only the first failure since `starting` counts; each lets go of what is held. */
const fail = (of: (event: JobMachineEvent) => Fail) =>
  lifecycle.enqueueActions(({ context, event, enqueue }) => {
    const { process, ending, error } = of(event);
    if (context.failure === undefined) {
      const failure: Failure =
        ending === undefined || ending.kind === 'failed' ? { process } : { process, ending };
      enqueue.assign({ failure });
      const reason = ending?.kind === 'failed' ? ending.error : error;
      enqueue({ type: 'noteFailure', params: { failure, error: reason } });
    }
    enqueue({ type: 'release', params: { failed: true } });
    enqueue({ type: 'announceGoal', params: { to: 'stop' } });
    enqueue.assign({ goal: 'stop' });
  });

const failByProcess = (process: OwnProcess) =>
  fail((event) => ({
    process,
    ending: event.type === 'process.ended' ? event.ending : undefined,
  }));

const failByMain = (process: ProcessName) =>
  fail((event) => ({ process, error: event.type === 'main.failed' ? event.error : undefined }));

/**
 * The main process ended by itself. `later`: a process of the job is running and is awaited
 * first, so a respawn becomes a goal.
 */
const takeEnd = ({ later }: { readonly later: boolean }) =>
  lifecycle.enqueueActions(({ context, event, enqueue }) => {
    enqueue.assign({ alive: false });
    // Where the goal is not start, the end was asked for, and any is normal.
    if (context.goal !== 'start' || event.type !== 'main.ended') return;
    const { job, series } = context;
    const verdict = verdictOf({ ...event, job, series });
    switch (verdict.kind) {
      case 'normal':
        enqueue({ type: 'announceGoal', params: { to: 'stop' } });
        enqueue.assign({ goal: 'stop' });
        break;
      case 'respawn':
        enqueue({ type: 'announceRespawn', params: { kind: 'respawning' } });
        enqueue.assign({ series: verdict.series });
        if (later) {
          enqueue({ type: 'announceGoal', params: { to: 'respawn' } });
          enqueue.assign({ goal: 'respawn' });
        }
        break;
      case 'respawn-limit':
        enqueue({ type: 'announceRespawn', params: { kind: 'respawn-limit' } });
        enqueue(fail(() => ({ process: 'respawn' })));
        break;
      case 'failed':
        enqueue(fail(() => ({ process: 'main', ending: event.ending })));
        break;
    }
    if (later) enqueue.sendTo('main', { type: 'giveWay' });
  });

/** Kills the main process, in whatever phase it is. */
const killMain = (type: 'kill' | 'expire') =>
  lifecycle.enqueueActions(({ context, enqueue }) => {
    if (context.alive) enqueue({ type: 'announceKill', params: { signal: 'KILL' } });
    enqueue.sendTo('main', { type });
  });

/** The run took too long, which is the failure of what it was doing. */
const expire = (process: ProcessName) =>
  [
    fail((event) => ({
      process,
      error: event.type === 'deadline.due' ? event.error : undefined,
    })),
    lifecycle.assign({ expired: true }),
    { type: 'expireOwn' } as const,
    tellMain('giveWay'),
    killMain('expire'),
  ] as const;

const endOfKilled = [
  { guard: 'endsAgainstGoal', actions: takeEnd({ later: false }), target: '#postStop' },
  { actions: lifecycle.assign({ alive: false }), target: '#postStop' },
] as const;

const enter = (to: State) => ({ type: 'announceState', params: { to } }) as const;

const ownProcess = (process: OwnProcess) =>
  ({
    src: 'ownProcess',
    input: ({ context }: { context: JobContext }) => ({ id: context.id, process }),
  }) as const;

export const jobMachine = lifecycle.createMachine({
  id: 'job',
  context: ({ input }) => ({
    ...input,
    goal: 'start',
    alive: false,
    used: false,
    expired: false,
    tooMany: false,
    failure: undefined,
    series: noRespawns,
  }),
  initial: 'run',
  states: {
    run: {
      id: 'run',
      invoke: {
        id: 'main',
        src: 'mainProcess',
        input: ({ context }) => ({ id: context.id }),
      },
      on: {
        'goal.start': { actions: setGoal('start') },
        'goal.stop': { actions: [...setGoal('stop'), tellMain('giveWay')] },
        'main.ended': { actions: takeEnd({ later: true }) },
        'kill.due': { actions: killMain('kill') },
        'deadline.due': { actions: expire('main') },
      },
      initial: 'starting',
      states: {
        starting: {
          entry: [
            assign({ alive: false, used: false, expired: false, failure: undefined }),
            'beginRun',
            enter('starting'),
            'countStart',
          ],
          initial: 'choosing',
          states: {
            choosing: {
              always: [
                {
                  guard: 'isTooMany',
                  actions: [
                    { type: 'announceRespawn', params: { kind: 'respawn-limit' } },
                    fail(() => ({ process: 'respawn' })),
                  ],
                  target: '#waiting',
                },
                { target: 'announced' },
              ],
            },
            announced: {
              entry: { type: 'queueEvent', params: { name: 'starting' } },
              on: {
                'event.finished': [
                  { guard: 'wantsUp', target: '#preStart' },
                  { guard: 'isOld', target: '#waiting' },
                  { target: '#stopping' },
                ],
              },
            },
          },
        },

        preStart: {
          id: 'preStart',
          entry: [enter('pre-start'), 'armDeadline'],
          on: { 'deadline.due': { actions: expire('pre-start') } },
          initial: 'choosing',
          states: {
            choosing: { always: [{ guard: 'hasMain', target: 'preparing' }, 'prepared'] },
            preparing: {
              entry: [assign({ used: true }), tellMain('prepare')],
              on: {
                'main.prepared': 'prepared',
                'main.failed': [
                  { guard: 'gaveWay', target: '#stopping' },
                  { actions: failByMain('pre-start'), target: '#stopping' },
                ],
              },
            },
            prepared: {
              always: [{ guard: { type: 'has', params: 'pre-start' }, target: 'process' }, 'done'],
            },
            process: {
              invoke: ownProcess('pre-start'),
              on: {
                'process.ended': [
                  {
                    guard: { type: 'endedBadly', params: ({ event }) => event.ending },
                    actions: failByProcess('pre-start'),
                    target: '#stopping',
                  },
                  { target: 'done' },
                ],
              },
            },
            done: { always: [{ guard: 'wantsUp', target: '#spawned' }, '#stopping'] },
          },
        },

        spawned: {
          id: 'spawned',
          entry: enter('spawned'),
          initial: 'choosing',
          states: {
            choosing: { always: [{ guard: 'hasMain', target: 'spawning' }, 'done'] },
            spawning: {
              entry: tellMain('spawn'),
              on: {
                'main.spawned': [
                  {
                    guard: 'isAwaited',
                    actions: assign({ alive: true }),
                    target: 'expecting',
                  },
                  { actions: assign({ alive: true }), target: 'done' },
                ],
                'main.failed': { actions: failByMain('main'), target: '#stopping' },
              },
            },
            // What `expect` says leads out of here, the end of the process, and a wait that gives way.
            expecting: {
              on: {
                'main.settled': 'done',
                'main.failed': [
                  { guard: 'gaveWay', target: '#stopping' },
                  { actions: failByMain('main'), target: '#stopping' },
                ],
                'main.ended': { actions: takeEnd({ later: false }), target: '#stopping' },
              },
            },
            done: { always: [{ guard: 'wantsUp', target: '#postStart' }, '#stopping'] },
          },
        },

        postStart: {
          id: 'postStart',
          entry: enter('post-start'),
          initial: 'choosing',
          states: {
            choosing: { always: [{ guard: 'hasMain', target: 'awaiting' }, 'ready'] },
            awaiting: {
              entry: tellMain('ready'),
              on: {
                'main.ready': [{ guard: 'wantsUp', target: 'ready' }, 'done'],
                'main.failed': [
                  // Where the main process is over, its end was judged, and this is the echo.
                  { guard: 'gaveWayOrIsOver', target: 'gaveWay' },
                  { actions: failByMain('main'), target: '#stopping' },
                ],
              },
            },
            ready: {
              always: [{ guard: { type: 'has', params: 'post-start' }, target: 'process' }, 'done'],
            },
            process: {
              invoke: ownProcess('post-start'),
              on: {
                'process.ended': 'done',
                'deadline.due': { actions: expire('post-start') },
              },
            },
            done: {
              always: [
                { guard: 'wantsUp', target: '#running' },
                { guard: 'wantsRespawn', actions: setGoal('start'), target: '#stopping' },
                '#stopping',
              ],
            },
            // Never on to running, even if the goal is start again by now: it is not ready.
            gaveWay: {
              always: [
                { guard: 'wantsRespawn', actions: setGoal('start'), target: '#stopping' },
                '#stopping',
              ],
            },
          },
        },

        running: {
          id: 'running',
          entry: enter('running'),
          on: {
            'goal.stop': [
              { guard: 'isAlive', actions: setGoal('stop'), target: 'preStop' },
              { actions: setGoal('stop'), target: 'stopping' },
            ],
            'main.ended': { actions: takeEnd({ later: false }), target: 'stopping' },
            // There is no time left for pre-stop.
            'deadline.due': { actions: expire('main'), target: 'stopping' },
          },
          initial: 'started',
          states: {
            started: {
              entry: { type: 'queueEvent', params: { name: 'started' } },
              always: { guard: 'isService', target: 'serving' },
            },
            serving: { entry: { type: 'release', params: { failed: false } } },
            // A stop was cancelled by pre-stop; nobody is told by an event.
            resumed: {
              id: 'resumed',
              entry: ['dropStopEnvironment', { type: 'release', params: { failed: false } }],
            },
          },
        },

        preStop: {
          entry: enter('pre-stop'),
          initial: 'choosing',
          states: {
            choosing: {
              always: [{ guard: { type: 'has', params: 'pre-stop' }, target: 'process' }, 'done'],
            },
            process: {
              invoke: ownProcess('pre-stop'),
              on: {
                'process.ended': 'done',
                'deadline.due': { actions: expire('pre-stop') },
              },
            },
            done: {
              always: [
                { guard: 'wantsUp', target: '#resumed' },
                { guard: 'wantsRespawn', actions: setGoal('start'), target: '#stopping' },
                '#stopping',
              ],
            },
          },
        },

        stopping: {
          id: 'stopping',
          entry: [enter('stopping'), { type: 'queueEvent', params: { name: 'stopping' } }],
          on: {
            'event.finished': 'killed',
            'main.ended': [
              { guard: 'endsAgainstGoal', actions: takeEnd({ later: false }) },
              { actions: assign({ alive: false }) },
            ],
          },
        },

        killed: {
          entry: enter('killed'),
          initial: 'choosing',
          states: {
            choosing: { always: [{ guard: 'isAlive', target: 'doomed' }, '#postStop'] },
            doomed: { always: [{ guard: 'isImpatient', target: 'killing' }, 'ending'] },
            ending: {
              entry: [
                {
                  type: 'announceKill',
                  params: ({ context }) => ({ signal: context.job.killSignal ?? 'TERM' }),
                },
                tellMain('terminate'),
              ],
              invoke: {
                src: 'killTimer',
                input: ({ context }) => ({
                  id: context.id,
                  seconds: context.job.killTimeout ?? 5,
                }),
              },
              on: {
                'kill.due': {
                  actions: [{ type: 'announceKill', params: { signal: 'KILL' } }, tellMain('kill')],
                },
                'main.ended': endOfKilled,
              },
            },
            // `kill timeout 0`: there is nothing to wait for between the two signals.
            killing: {
              entry: [{ type: 'announceKill', params: { signal: 'KILL' } }, tellMain('kill')],
              on: { 'main.ended': endOfKilled },
            },
          },
        },

        postStop: {
          id: 'postStop',
          entry: enter('post-stop'),
          on: { 'deadline.due': { actions: expire('post-stop') } },
          initial: 'choosing',
          states: {
            choosing: { always: [{ guard: 'isUsed', target: 'cleaning' }, 'cleaned'] },
            cleaning: {
              entry: tellMain('cleanUp'),
              on: {
                'main.cleaned': 'cleaned',
                'main.failed': { actions: failByMain('post-stop'), target: 'cleaned' },
              },
            },
            cleaned: {
              always: [{ guard: { type: 'has', params: 'post-stop' }, target: 'process' }, 'done'],
            },
            process: {
              invoke: ownProcess('post-stop'),
              on: {
                'process.ended': [
                  {
                    guard: { type: 'endedBadly', params: ({ event }) => event.ending },
                    actions: failByProcess('post-stop'),
                    target: 'done',
                  },
                  { target: 'done' },
                ],
              },
            },
            done: { always: [{ guard: 'wantsAgain', target: '#run' }, '#waiting'] },
          },
        },
      },
    },

    waiting: {
      id: 'waiting',
      type: 'final',
      entry: [
        enter('waiting'),
        { type: 'queueEvent', params: { name: 'stopped' } },
        { type: 'release', params: { failed: false } },
        'settle',
      ],
    },
  },
});
