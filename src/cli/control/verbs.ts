/** The commands that speak to a running daemon, and their options: data that every one of them loads. */

export interface OptionSpec {
  readonly short?: string;
  readonly long: string;
  /** The name of its value, where it takes one; it may be repeated then. */
  readonly value?: string;
}

const NO_WAIT: OptionSpec = { short: 'n', long: 'no-wait' };
const GLOBAL: OptionSpec = { short: 'g', long: 'global' };
const FOLLOW: OptionSpec = { short: 'f', long: 'follow' };

/** In the order of `--help`. */
export const OPTIONS_OF = {
  start: [NO_WAIT],
  stop: [NO_WAIT],
  restart: [NO_WAIT],
  reload: [],
  status: [],
  list: [],
  emit: [NO_WAIT, { short: 'e', long: 'env', value: 'KEY=VALUE' }],
  'reload-configuration': [],
  'show-config': [{ short: 'e', long: 'enumerate' }],
  'check-config': [
    { short: 'i', long: 'ignore-events', value: 'EVENTS' },
    { short: 'w', long: 'warn' },
  ],
  'log-priority': [],
  version: [],
  usage: [],
  'get-env': [GLOBAL],
  'set-env': [GLOBAL, { short: 'r', long: 'retain' }],
  'unset-env': [GLOBAL],
  'list-env': [GLOBAL],
  'reset-env': [GLOBAL],
  events: [FOLLOW, { short: 't', long: 'type', value: 'TYPES' }],
  console: [FOLLOW],
  waiting: [],
  telinit: [
    { short: 'e', long: 'env', value: 'KEY=VALUE' },
    { short: 't', long: 'time', value: 'SECONDS' },
  ],
} as const satisfies Record<string, readonly OptionSpec[]>;

export type VerbName = keyof typeof OPTIONS_OF;

export function isVerb(name: string): name is VerbName {
  return Object.hasOwn(OPTIONS_OF, name);
}

/** Every command has these. */
export const COMMON_OPTIONS: readonly OptionSpec[] = [
  { long: 'socket', value: 'PATH' },
  { long: 'json' },
  { short: 'q', long: 'quiet' },
  { short: 'h', long: 'help' },
];

/** Those of Upstart's own initctl, most of which say how to find its init on D-Bus. */
export const INITCTL_OPTIONS: readonly OptionSpec[] = [
  { short: 'v', long: 'verbose' },
  { long: 'user' },
  { long: 'session' },
  { long: 'system' },
  { long: 'dest', value: 'NAME' },
  { long: 'version' },
];
