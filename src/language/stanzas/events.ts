/** When a job starts and stops, and its variables. */
import { type Condition, formatOperand, type Match } from '../../model/condition.ts';
import { argument, EVERY, listOf, MODERN, OLD, type Stanza, stanza } from './stanza.ts';
import { text } from './words.ts';

/** Upstart 0.3: the event's arguments by position; several lines are alternatives. */
function alternative(
  earlier: Condition | undefined,
  event: string,
  values: readonly string[],
): Condition {
  const operands = values.map((value) => ({ negated: false, value }));
  const match: Condition = { kind: 'match', event, operands };
  return earlier === undefined ? match : { kind: 'or', left: earlier, right: match };
}

/** The lines that make such a condition; an `and` has none. */
function alternativesOf(
  condition: Condition | undefined,
): readonly (readonly [event: string, values: readonly string[]])[] {
  const lines: [string, readonly string[]][] = [];
  let rest = condition;
  while (rest?.kind === 'or' && rest.right.kind === 'match') {
    lines.unshift(lineOf(rest.right));
    rest = rest.left;
  }
  return rest?.kind === 'match' ? [lineOf(rest), ...lines] : [];
}

function lineOf({ event, operands }: Match): [string, readonly string[]] {
  return [event, operands.map(formatOperand)];
}

export const EVENT_STANZAS: readonly Stanza[] = [
  // Before `start on`, because that is where it must stand in a file that has both.
  stanza({
    words: 'manual',
    dialects: MODERN,
    help: 'Forgets the `start on` above it: the job starts by hand only.',
    example: 'manual',
    arguments: [],
    end: 'unchecked',
    get: ({ manual }) => (manual === true ? [[]] : []),
    set: (job) => {
      delete job.startOn;
      job.manual = true;
    },
  }),
  {
    words: 'start on',
    dialects: MODERN,
    help: 'The events that start the job: `and`, `or` (of equal rank, left to right), parentheses.',
    example: 'start on startup or run-program FILE=*.sh',
    direct: true,
    form: {
      kind: 'condition',
      get: ({ startOn }) => startOn,
      set: (job, condition) => {
        job.startOn = condition;
      },
    },
  },
  {
    words: 'stop on',
    dialects: MODERN,
    help: 'The events that stop the job.',
    example: 'stop on runlevel [!2345]',
    direct: true,
    form: {
      kind: 'condition',
      get: ({ stopOn }) => stopOn,
      set: (job, condition) => {
        job.stopOn = condition;
      },
    },
  },
  stanza({
    words: 'start on',
    dialects: OLD,
    help: 'An event that starts the job, with patterns for its arguments; may be repeated.',
    example: 'start on runlevel 2',
    arguments: [argument('EVENT', text), argument('ARGUMENT', text, 'any')],
    direct: true,
    get: ({ startOn }) => alternativesOf(startOn),
    set: (job, event, values) => {
      job.startOn = alternative(job.startOn, event, values);
    },
  }),
  stanza({
    words: 'stop on',
    dialects: OLD,
    help: 'An event that stops the job, with patterns for its arguments; may be repeated.',
    example: 'stop on shutdown',
    arguments: [argument('EVENT', text), argument('ARGUMENT', text, 'any')],
    direct: true,
    get: ({ stopOn }) => alternativesOf(stopOn),
    set: (job, event, values) => {
      job.stopOn = alternative(job.stopOn, event, values);
    },
  }),
  stanza({
    words: 'emits',
    dialects: EVERY,
    help: 'Events that the job itself emits, for checks only.',
    example: 'emits guest-step',
    arguments: [argument('EVENT', text, 'some')],
    direct: true,
    get: ({ emits }) => listOf(emits),
    set: (job, events) => {
      for (const event of events) job.emits.push(event);
    },
  }),
  stanza({
    words: 'env',
    dialects: EVERY,
    help: 'A variable with its default; a name alone takes the value from outside.',
    example: 'env FILE=load.sh',
    arguments: [argument('NAME[=VALUE]', text)],
    direct: true,
    get: ({ env }) => env.map((variable) => [variable] as const),
    set: (job, variable) => {
      job.env.push(variable);
    },
  }),
  stanza({
    words: 'export',
    dialects: MODERN,
    help: "Variables that the job's own events carry.",
    example: 'export FILE',
    arguments: [argument('NAME', text, 'some')],
    get: (job) => listOf(job.export),
    set: (job, names) => {
      for (const name of names) job.export.push(name);
    },
  }),
];
