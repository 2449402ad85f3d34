/** What a job runs, and how its processes are watched and ended. */
import type { ProcessName } from '../../model/job.ts';
import { COUNT, integer, integerOr, SECONDS } from './numbers.ts';
import { exitStatus, signal } from './signals.ts';
import {
  argument,
  EVERY,
  flag,
  given,
  listOf,
  MODERN,
  OLD,
  type Stanza,
  stanza,
} from './stanza.ts';
import { choice, text } from './words.ts';

interface ProcessRow {
  readonly process: ProcessName;
  readonly help: string;
  readonly direct?: true;
}

const PROCESSES: readonly ProcessRow[] = [
  { process: 'main', help: 'the job itself', direct: true },
  { process: 'pre-start', help: 'run before the job; it must succeed', direct: true },
  { process: 'post-start', help: 'run once the job runs, before it counts as started' },
  { process: 'pre-stop', help: 'run before the job is stopped' },
  { process: 'post-stop', help: 'run when the job has ended', direct: true },
];

function processStanzas({ process, help, direct }: ProcessRow): Stanza[] {
  const words = process === 'main' ? '' : `${process} `;
  const common = {
    dialects: EVERY,
    once: { dialect: 'event.d', slot: process },
    ...(direct === undefined ? {} : { direct }),
  } as const;
  return [
    {
      ...common,
      words: `${words}exec`,
      help: `A command: ${help}.`,
      example: `${words}exec /bin/echo hello`,
      form: { kind: 'command', process },
    },
    {
      ...common,
      words: `${words}script`,
      help: `A shell script up to \`end script\`: ${help}.`,
      example: `${words}script\n    echo hello\nend script`,
      form: { kind: 'script', process },
    },
  ];
}

export const PROCESS_STANZAS: readonly Stanza[] = [
  ...PROCESSES.flatMap(processStanzas),
  stanza({
    words: 'expect',
    dialects: MODERN,
    help: 'How the main process says that it is ready: it stops itself, or forks once or twice.',
    example: 'expect fork',
    arguments: [argument('WHAT', choice('stop', 'fork', 'daemon', 'none'))],
    get: ({ expect }) => given(expect),
    set: (job, what) => {
      job.expect = what;
    },
  }),
  flag({
    words: 'respawn',
    dialects: EVERY,
    help: 'Starts the main process again when it ends by itself.',
    example: 'respawn',
    once: { dialect: 'event.d', slot: 'respawn' },
    get: ({ respawn }) => respawn,
    set: (job) => {
      job.respawn = true;
      if (job.dialect === 'event.d') job.task = false;
    },
  }),
  stanza({
    words: 'respawn limit',
    dialects: MODERN,
    help: 'Gives up after so many starts within so many seconds; `unlimited` never does.',
    example: 'respawn limit 10 5',
    arguments: [
      argument('COUNT', integerOr('unlimited', COUNT)),
      argument('SECONDS', integer(SECONDS), { unless: 'unlimited' }),
    ],
    get: ({ respawnLimit }) => {
      if (respawnLimit === undefined) return [];
      if (respawnLimit === null) return [['unlimited', undefined]];
      return [[respawnLimit.limit, respawnLimit.interval]];
    },
    set: (job, limit, interval) => {
      job.respawnLimit =
        limit === 'unlimited' || interval === undefined ? null : { limit, interval };
    },
  }),
  stanza({
    words: 'respawn limit',
    dialects: OLD,
    help: 'Gives up after so many starts within so many seconds.',
    example: 'respawn limit 10 5',
    arguments: [argument('COUNT', integer(COUNT)), argument('SECONDS', integer(SECONDS))],
    once: { dialect: 'event.d', slot: 'respawn limit', defaults: [10, 5] },
    get: ({ respawnLimit }) => (respawnLimit ? [[respawnLimit.limit, respawnLimit.interval]] : []),
    set: (job, limit, interval) => {
      job.respawnLimit = { limit, interval };
    },
  }),
  stanza({
    words: 'normal exit',
    dialects: EVERY,
    help: 'Exit statuses and signals that are no failure and no reason to respawn.',
    example: 'normal exit 0 TERM',
    arguments: [argument('STATUS', exitStatus, 'some')],
    get: ({ normalExit }) => listOf(normalExit),
    set: (job, statuses) => {
      for (const status of statuses) job.normalExit.push(status);
    },
  }),
  stanza({
    words: 'kill timeout',
    dialects: EVERY,
    help: 'Seconds between the first signal and KILL; for a domain, between shutdown and destroy.',
    example: 'kill timeout 10',
    arguments: [argument('SECONDS', integer(SECONDS))],
    once: { dialect: 'event.d', slot: 'kill timeout', defaults: [5] },
    get: ({ killTimeout }) => given(killTimeout),
    set: (job, seconds) => {
      job.killTimeout = seconds;
    },
  }),
  stanza({
    words: 'kill signal',
    dialects: MODERN,
    help: 'The signal that asks the main process to end.',
    example: 'kill signal INT',
    arguments: [argument('SIGNAL', signal)],
    get: ({ killSignal }) => given(killSignal),
    set: (job, value) => {
      job.killSignal = value;
    },
  }),
  stanza({
    words: 'reload signal',
    dialects: MODERN,
    help: 'The signal that makes the main process read its configuration again.',
    example: 'reload signal USR1',
    arguments: [argument('SIGNAL', signal)],
    get: ({ reloadSignal }) => given(reloadSignal),
    set: (job, value) => {
      job.reloadSignal = value;
    },
  }),
  flag({
    words: 'daemon',
    dialects: OLD,
    help: 'The main process puts itself into the background.',
    example: 'daemon',
    once: { dialect: 'event.d', slot: 'daemon' },
    get: ({ daemon }) => daemon === true,
    set: (job) => {
      job.daemon = true;
    },
  }),
  stanza({
    words: 'pid file',
    dialects: OLD,
    help: 'Where a daemon writes its process id.',
    example: 'pid file /var/run/one.pid',
    arguments: [argument('FILE', text)],
    once: { dialect: 'event.d', slot: 'pid file' },
    get: ({ pidFile }) => given(pidFile),
    set: (job, file) => {
      job.pidFile = file;
    },
  }),
  stanza({
    words: 'pid binary',
    dialects: OLD,
    help: "A daemon's program, to be looked for among the processes.",
    example: 'pid binary /usr/sbin/one',
    arguments: [argument('FILE', text)],
    once: { dialect: 'event.d', slot: 'pid binary' },
    get: ({ pidBinary }) => given(pidBinary),
    set: (job, file) => {
      job.pidBinary = file;
    },
  }),
  stanza({
    words: 'pid timeout',
    dialects: OLD,
    help: 'Seconds to look for the process id of a daemon.',
    example: 'pid timeout 10',
    arguments: [argument('SECONDS', integer(SECONDS))],
    once: { dialect: 'event.d', slot: 'pid timeout', defaults: [10] },
    get: ({ pidTimeout }) => given(pidTimeout),
    set: (job, seconds) => {
      job.pidTimeout = seconds;
    },
  }),
];
