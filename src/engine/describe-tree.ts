/** What one job makes of the states that all jobs have, in words. */
import { formatCondition } from '../model/condition.ts';
import type { ImageSource } from '../model/domain.ts';
import type { JobDefinition, ProcessName } from '../model/job.ts';
import type { TreeState } from './machine-tree.ts';

type Describe = (job: JobDefinition) => string | undefined;

/** By the path below the root. */
const STATES: Readonly<Record<string, Describe>> = {
  run: ({ description }) => description,
  'run.starting': ({ startOn }) =>
    `waits for whoever holds the event \`starting\`; starts ${
      startOn === undefined ? 'by hand' : `on ${formatCondition(startOn)}`
    }`,
  'run.preStart.preparing': ({ domain }) =>
    domain === undefined
      ? 'nothing is to be prepared for a process'
      : `the image is made from ${sourceOf(domain.image.source)}`,
  'run.preStart.process': processOf('pre-start'),
  'run.spawned.spawning': (job) =>
    job.domain === undefined ? processOf('main')(job) : 'the domain is created',
  'run.spawned.expecting': ({ expect }) => (expect === undefined ? 'daemon' : `expect ${expect}`),
  'run.postStart.awaiting': ({ domain }) => {
    if (domain === undefined) return 'the process is there';
    const { ready } = domain.console;
    return ready.length === 0
      ? 'the domain boots, until its init runs'
      : `the domain boots, until its console shows ${ready.join(' or ')}`;
  },
  'run.postStart.process': processOf('post-start'),
  'run.running': (job) => (job.respawn ? `started again when it ends, ${limitOf(job)}` : undefined),
  'run.running.started': ({ task }) =>
    task ? 'a task: what started it is held until it has ended' : undefined,
  'run.running.serving': () => 'what started it is held no longer',
  'run.preStop.process': processOf('pre-stop'),
  'run.stopping': () => 'waits for whoever holds the event `stopping`',
  'run.killed.ending': ({ domain, killSignal = 'TERM', killTimeout = 5 }) =>
    domain === undefined
      ? `signal ${killSignal}; KILL after ${killTimeout} s`
      : `the domain is shut down; destroyed after ${killTimeout} s`,
  'run.killed.killing': ({ domain }) =>
    domain === undefined ? 'signal KILL' : 'destroyed at once',
  'run.postStop.cleaning': ({ domain }) =>
    domain === undefined ? 'nothing is left of a process' : 'disks and folders go',
  'run.postStop.process': processOf('post-stop'),
};

/** Of the transitions on these events, wherever they are. */
const EVENTS: Readonly<Record<string, Describe>> = {
  'goal.stop': ({ stopOn }) =>
    stopOn === undefined ? undefined : `stop on ${formatCondition(stopOn)}`,
  'deadline.due': ({ domain }) =>
    domain?.timeout === undefined ? undefined : `the timeout of ${domain.timeout} s passed`,
};

/** The states that are described, for whoever checks that the machine has them. */
export const DESCRIBED = Object.keys(STATES);

export function describeTree(state: TreeState, job: JobDefinition, path = ''): void {
  const text = STATES[path]?.(job);
  if (text !== undefined) state.description = text;
  for (const [event, list] of state.on) {
    const why = EVENTS[event]?.(job);
    if (why !== undefined) for (const transition of list) transition.description = why;
  }
  for (const [name, inner] of state.states) {
    describeTree(inner, job, path === '' ? name : `${path}.${name}`);
  }
}

const MOST = 60;

/** What a process runs: its first line. */
function processOf(name: ProcessName): Describe {
  return ({ processes }) => {
    const process = processes[name];
    if (process === undefined) return undefined;
    const [first = '', ...more] = process.text.trim().split('\n');
    const shown = first.length > MOST ? `${first.slice(0, MOST)}…` : first;
    return `${process.kind} ${shown}${more.length > 0 ? ' …' : ''}`;
  };
}

function sourceOf(source: ImageSource): string {
  switch (source.kind) {
    case 'busybox':
      return 'busybox';
    case 'debootstrap':
      return `debootstrap ${source.suite}`;
    case 'tar':
    case 'directory':
    case 'disk':
      return `${source.kind} ${source.path}`;
  }
}

function limitOf({ respawnLimit }: JobDefinition): string {
  if (respawnLimit === null) return 'however often';
  const { limit, interval } = respawnLimit ?? { limit: 10, interval: 5 };
  return limit === 0 || interval === 0
    ? 'however often'
    : `at most ${limit} times in ${interval} s`;
}
