import type { VerbName } from './verbs.ts';

/** What `--help` says of each command. `PROGRAM` in an example is what was called. */
export interface HelpText {
  readonly summary: string;
  readonly description: string;
  /** As commander writes arguments; `job` is one of the daemon. */
  readonly arguments?: readonly string[];
  /** By long name. */
  readonly options?: Readonly<Record<string, string>>;
  /** Command and comment. */
  readonly examples: readonly (readonly [string, string])[];
}

const OF_JOB = ['[job]', '[variable...]'] as const;
const INSIDE = 'Inside a job, without arguments, it is about that very instance.';
const WAIT = { 'no-wait': 'do not wait, say how it stands at once' };
const GLOBAL = { global: 'the table that jobs start from, also inside a job' };

export const HELP_TEXTS: Record<VerbName, HelpText> = {
  start: {
    summary: 'start a job and wait until it runs',
    description: `Starts a job, or one more instance of it, and waits until it runs; a task: until it is over. ${INSIDE}`,
    arguments: OF_JOB,
    options: WAIT,
    examples: [
      ['PROGRAM start web', ''],
      ['PROGRAM start web PORT=8080', 'an instance, or a variable of it'],
      ['PROGRAM start --no-wait web', 'does not wait'],
    ],
  },
  stop: {
    summary: 'stop a job and wait until it is stopped',
    description: `Stops a job, or the instance that the variables name, and waits for its end. ${INSIDE}`,
    arguments: OF_JOB,
    options: WAIT,
    examples: [
      ['PROGRAM stop web', ''],
      ['PROGRAM stop web PORT=8080', 'that instance'],
    ],
  },
  restart: {
    summary: 'stop a job and start it again',
    description: `Stops a job that runs and starts it again with these variables; what it was started with before is forgotten. ${INSIDE}`,
    arguments: OF_JOB,
    options: WAIT,
    examples: [['PROGRAM restart web', '']],
  },
  reload: {
    summary: "send a job's main process its reload signal",
    description: `Sends the main process HUP, or what \`reload signal\` says. ${INSIDE}`,
    arguments: OF_JOB,
    examples: [['PROGRAM reload web', '']],
  },
  status: {
    summary: 'print goal, state and processes of a job',
    description: `Prints goal, state and processes of a job or an instance. ${INSIDE}`,
    arguments: OF_JOB,
    examples: [
      ['PROGRAM status web', 'web start/running, process 1234'],
      ['PROGRAM status web PORT=8080', 'that instance'],
      ['PROGRAM status --json web | jq -r .state', ''],
    ],
  },
  list: {
    summary: 'print the status of all jobs',
    description: 'Prints every instance, and every job that has none.',
    examples: [
      ['PROGRAM list', ''],
      ['PROGRAM list --json | jq \'select(.goal == "start")\'', ''],
    ],
  },
  emit: {
    summary: 'emit an event and wait until it is finished',
    description:
      'Emits an event and waits until every job that it starts or stops has got there. Fails where one of them does.',
    arguments: ['[event]', '[variable...]'],
    options: {
      'no-wait': 'do not wait',
      env: 'a variable, where the words behind the event are arguments (Upstart 0.3)',
    },
    examples: [
      ['PROGRAM emit run-program FILE=./mine.sh', ''],
      ['PROGRAM emit --no-wait net-device-up IFACE=eth0', ''],
      ['PROGRAM emit -e IFACE=eth0 network up', 'for jobs of Upstart 0.3'],
    ],
  },
  'reload-configuration': {
    summary: 'read all job files again',
    description: 'Has the daemon read all job files again; it sees most changes by itself.',
    examples: [['PROGRAM reload-configuration', '']],
  },
  'show-config': {
    summary: 'print the events that jobs emit, start on and stop on',
    description: 'Prints of each job, or of one, which events it has to do with.',
    arguments: ['[job]'],
    options: { enumerate: 'one line for each event, without and, or' },
    examples: [
      ['PROGRAM show-config', ''],
      ['PROGRAM show-config --enumerate web', ''],
    ],
  },
  'check-config': {
    summary: 'find conditions of loaded jobs that cannot come true',
    description:
      'Names events that no loaded job emits, and jobs that are not loaded, where they keep a `start on` or `stop on` from ever coming true. Exits with 1 where it finds any.',
    arguments: ['[job]'],
    options: {
      'ignore-events': 'events that something else emits, with commas between them',
      warn: 'also where another part of the condition can come true',
    },
    examples: [
      ['PROGRAM check-config', ''],
      ['PROGRAM check-config --ignore-events runlevel,filesystem web', ''],
    ],
  },
  'log-priority': {
    summary: 'print or set how much the daemon logs',
    description: 'Prints the priority, or sets it: debug, info, message, warn, error or fatal.',
    arguments: ['[priority]'],
    examples: [['PROGRAM log-priority debug', '']],
  },
  version: {
    summary: 'print the version of the running daemon',
    description:
      "Prints the version of Upstart that the daemon behaves like; with --json also Domstart's own.",
    examples: [
      ['PROGRAM version', 'init (upstart 1.13.2)'],
      ['PROGRAM version --json', ''],
    ],
  },
  usage: {
    summary: "print a job's usage line",
    description: 'Prints what the `usage` stanza of a job says about its variables.',
    arguments: ['[job]'],
    examples: [['PROGRAM usage web', '']],
  },
  'get-env': {
    summary: 'print a variable that jobs are started with',
    description: 'Prints a variable of the table that jobs start from; inside a job: of its own.',
    arguments: ['[name]'],
    options: GLOBAL,
    examples: [['PROGRAM get-env PATH', '']],
  },
  'set-env': {
    summary: 'set variables that jobs are started with',
    description:
      'Sets variables in the table that jobs start from, and in those of all instances; inside a job: in its own.',
    arguments: ['[variable...]'],
    options: { ...GLOBAL, retain: 'leave a variable alone that is set already' },
    examples: [['PROGRAM set-env --global LANG=C.UTF-8 DEBUG', '']],
  },
  'unset-env': {
    summary: 'remove variables that jobs are started with',
    description: 'Removes variables from the table that jobs start from; inside a job: its own.',
    arguments: ['[name...]'],
    options: GLOBAL,
    examples: [['PROGRAM unset-env DEBUG', '']],
  },
  'list-env': {
    summary: 'print all variables that jobs are started with',
    description: 'Prints the table that jobs start from, sorted; inside a job: its own.',
    options: GLOBAL,
    examples: [['PROGRAM list-env', '']],
  },
  'reset-env': {
    summary: 'undo set-env and unset-env',
    description: 'Puts the table that jobs start from back to what it was; inside a job: its own.',
    options: GLOBAL,
    examples: [['PROGRAM reset-env --global', '']],
  },
  events: {
    summary: 'print what happens in the daemon, until it is interrupted',
    description:
      'Prints events, goals, states, processes and output as they happen, until it is interrupted. What was before is not kept; `domstart daemon --trace FILE` keeps it.',
    options: {
      follow: 'what it does anyway',
      type: 'only these types, with commas between them: event, goal, state, process, output, …',
    },
    examples: [
      ['PROGRAM events', ''],
      ['PROGRAM events --type event,state --json', ''],
    ],
  },
  console: {
    summary: "print a job's output",
    description:
      'Prints the last 1 MiB of what the processes of a job with `console log` (the default) have written; --follow goes on with what comes.',
    arguments: ['[job]', '[instance]'],
    options: { follow: 'go on until it is interrupted' },
    examples: [
      ['PROGRAM console --follow web', ''],
      ['PROGRAM console web 8080', 'of the instance 8080'],
    ],
  },
  waiting: {
    summary: 'print which events are not finished, and who holds them',
    description: 'Prints each event that is not finished, and the jobs that hold it.',
    examples: [['PROGRAM waiting', '']],
  },
  telinit: {
    summary: 'change the runlevel',
    description:
      'Emits `runlevel` for one of the runlevels 0 to 6 and S, and does not wait; Q has the job files read again.',
    arguments: ['[runlevel]'],
    options: { env: 'a variable of the event', time: 'ignored, as by Upstart' },
    examples: [['telinit 3', '']],
  },
};
