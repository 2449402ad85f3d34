/** The surroundings of a job's processes: limits, identity, folders. */
import { integer, limitValue, octal } from './numbers.ts';
import {
  type ArgumentType,
  argument,
  EVERY,
  given,
  MODERN,
  type Refusal,
  type Stanza,
  stanza,
} from './stanza.ts';
import { choice, text } from './words.ts';

const RESOURCES = [
  'as',
  'core',
  'cpu',
  'data',
  'fsize',
  'memlock',
  'msgqueue',
  'nice',
  'nofile',
  'nproc',
  'rss',
  'rtprio',
  'sigpending',
  'stack',
] as const;

const oomScore = integer({
  code: 'illegal-oom-score',
  message: "Illegal oom score adjustment, expected -999 to 1000 or 'never'",
  from: -1000,
  to: 1000,
});

const oomAdjustment = integer({
  code: 'illegal-oom',
  message: "Illegal oom adjustment, expected -16 to 15 or 'never'",
  from: -17,
  to: 15,
});

const NEVER = -1000;

function orNever(type: ArgumentType<number>, scale: (value: number) => number) {
  return {
    choices: ['never'],
    expects: `${type.expects}, or \`never\``,
    read: (value: string): number | Refusal => {
      if (value === 'never') return NEVER;
      const found = type.read(value);
      return typeof found === 'number' ? scale(found) : found;
    },
  };
}

/** The old -17 … 15 as a score of -1000 … 1000, rounded towards zero as in C. */
function toScore(adjustment: number): number {
  return Math.trunc((adjustment * 1000) / (adjustment < 0 ? 17 : 15));
}

export const LIMIT_STANZAS: readonly Stanza[] = [
  stanza({
    words: 'umask',
    dialects: EVERY,
    help: 'The file creation mask, in octal.',
    example: 'umask 027',
    arguments: [
      argument(
        'MASK',
        octal({
          code: 'illegal-umask',
          message: 'Illegal file creation mask, expected octal integer',
          to: 0o777,
        }),
      ),
    ],
    once: { dialect: 'event.d', slot: 'umask', defaults: [0o022] },
    direct: true,
    get: ({ umask }) => given(umask),
    set: (job, mask) => {
      job.umask = mask;
    },
  }),
  stanza({
    words: 'nice',
    dialects: EVERY,
    help: 'The priority of the processes: -20 (first) to 19 (last).',
    example: 'nice 5',
    arguments: [
      argument(
        'VALUE',
        integer({
          code: 'illegal-nice',
          message: 'Illegal nice value, expected -20 to 19',
          from: -20,
          to: 19,
        }),
      ),
    ],
    once: { dialect: 'event.d', slot: 'nice', defaults: [0] },
    direct: true,
    get: ({ nice }) => given(nice),
    set: (job, value) => {
      job.nice = value;
    },
  }),
  stanza({
    words: 'oom',
    dialects: MODERN,
    help: "How soon the kernel's out-of-memory killer takes the job: -17 (never) to 15.",
    example: 'oom never',
    arguments: [argument('ADJUSTMENT', orNever(oomAdjustment, toScore))],
    // `oom score` says it without rounding.
    get: () => [],
    set: (job, score) => {
      job.oomScore = score;
    },
  }),
  stanza({
    words: 'oom score',
    dialects: MODERN,
    help: "How soon the kernel's out-of-memory killer takes the job: -1000 (never) to 1000.",
    example: 'oom score -500',
    arguments: [
      argument(
        'SCORE',
        orNever(oomScore, (value) => value),
      ),
    ],
    get: ({ oomScore }) => given(oomScore),
    set: (job, score) => {
      job.oomScore = score;
    },
  }),
  stanza({
    words: 'limit',
    dialects: EVERY,
    help: 'A resource limit of the processes, soft and hard.',
    example: 'limit nofile 1024 4096',
    arguments: [
      argument('RESOURCE', choice(...RESOURCES)),
      argument('SOFT', limitValue),
      argument('HARD', limitValue),
    ],
    once: { dialect: 'event.d', slot: 'limit', eachFirst: true },
    get: ({ limits }) =>
      RESOURCES.flatMap((resource) => {
        const limit = limits[resource];
        return limit === undefined ? [] : [[resource, limit.soft, limit.hard] as const];
      }),
    set: (job, resource, soft, hard) => {
      job.limits[resource] = { soft, hard };
    },
  }),
  stanza({
    words: 'chroot',
    dialects: EVERY,
    help: 'The root directory of the processes.',
    example: 'chroot /srv/jail',
    arguments: [argument('DIR', text)],
    once: { dialect: 'event.d', slot: 'chroot' },
    get: ({ chroot }) => given(chroot),
    set: (job, directory) => {
      job.chroot = directory;
    },
  }),
  stanza({
    words: 'chdir',
    dialects: EVERY,
    help: 'The working directory of the processes.',
    example: 'chdir /srv',
    arguments: [argument('DIR', text)],
    once: { dialect: 'event.d', slot: 'chdir' },
    direct: true,
    get: ({ chdir }) => given(chdir),
    set: (job, directory) => {
      job.chdir = directory;
    },
  }),
  stanza({
    words: 'setuid',
    dialects: MODERN,
    help: 'The user that the processes run as.',
    example: 'setuid nobody',
    arguments: [argument('USER', text)],
    get: ({ setuid }) => given(setuid),
    set: (job, user) => {
      job.setuid = user;
    },
  }),
  stanza({
    words: 'setgid',
    dialects: MODERN,
    help: 'The group that the processes run as.',
    example: 'setgid nogroup',
    arguments: [argument('GROUP', text)],
    get: ({ setgid }) => given(setgid),
    set: (job, group) => {
      job.setgid = group;
    },
  }),
  stanza({
    words: 'apparmor load',
    dialects: MODERN,
    help: 'An AppArmor profile to load before the job starts.',
    example: 'apparmor load /etc/apparmor.d/usr.bin.one',
    arguments: [argument('FILE', text)],
    get: ({ apparmorLoad }) => given(apparmorLoad),
    set: (job, profile) => {
      job.apparmorLoad = profile;
    },
  }),
  stanza({
    words: 'apparmor switch',
    dialects: MODERN,
    help: 'The AppArmor profile of the main process.',
    example: 'apparmor switch /usr/bin/one',
    arguments: [argument('PROFILE', text)],
    get: ({ apparmorSwitch }) => given(apparmorSwitch),
    set: (job, profile) => {
      job.apparmorSwitch = profile;
    },
  }),
  stanza({
    words: 'cgroup',
    dialects: MODERN,
    help: 'A control group for the processes.',
    example: 'cgroup memory $UPSTART_CGROUP limit_in_bytes 52428800',
    arguments: [
      argument('CONTROLLER', text),
      argument('NAME', text, 'optional'),
      argument('KEY', text, 'optional'),
      argument('VALUE', text, 'optional'),
    ],
    get: ({ cgroups }) =>
      cgroups.map(([controller = '', name, key, value]) => [controller, name, key, value] as const),
    set: (job, ...parts) => {
      job.cgroups.push(parts.filter((part) => part !== undefined));
    },
  }),
];
