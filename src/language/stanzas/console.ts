/** Where output goes; what to look for on a domain's console. */
import { domainOf } from '../job-draft.ts';
import { size } from './numbers.ts';
import { argument, type Clash, given, MODERN, OLD, OWN, type Stanza, stanza } from './stanza.ts';
import { assignment, choice, keyword, pattern, text } from './words.ts';

const GIB = 1024 ** 3;

/** `$3` in a value, where the pattern has only two groups, would never be anything. */
function missingGroup(
  expression: string,
  variables: readonly { readonly value: string }[],
): Clash | undefined {
  const groups = (new RegExp(`${expression}|`, 'u').exec('')?.length ?? 1) - 1;
  for (const [index, { value }] of variables.entries()) {
    for (const [reference, digits] of value.matchAll(/\$([0-9]+)/g)) {
      if (Number(digits) <= groups) continue;
      return {
        argument: 3 + index,
        code: 'unknown-group',
        message: `Unknown group ${reference}: the pattern has ${groups} ${groups === 1 ? 'group' : 'groups'}`,
        hint: '$1 is what the first parentheses of the pattern matched',
      };
    }
  }
  return undefined;
}

export const CONSOLE_STANZAS: readonly Stanza[] = [
  stanza({
    words: 'console',
    dialects: MODERN,
    help: "Where the output of the job's processes goes.",
    example: 'console output',
    arguments: [argument('WHERE', choice('none', 'output', 'owner', 'log'))],
    direct: true,
    get: (job) => given(job.console === 'logged' ? undefined : job.console),
    set: (job, where) => {
      job.console = where;
    },
  }),
  stanza({
    words: 'console',
    dialects: OLD,
    help: "Where the output of the job's processes goes.",
    example: 'console output',
    arguments: [argument('WHERE', choice('logged', 'output', 'owner', 'none'))],
    direct: true,
    get: (job) => given(job.console === 'log' ? undefined : job.console),
    set: (job, where) => {
      job.console = where;
    },
  }),
  stanza({
    words: 'console ready',
    dialects: OWN,
    domain: true,
    help: 'The domain is ready when a line of its console matches.',
    example: 'console ready "^login:"',
    arguments: [argument('PATTERN', pattern)],
    get: ({ domain }) => (domain?.console.ready ?? []).map((expression) => [expression] as const),
    set: (job, expression) => {
      domainOf(job).console.ready.push(expression);
    },
  }),
  stanza({
    words: 'console fail',
    dialects: OWN,
    domain: true,
    help: 'The run fails when a line of the console matches.',
    example: 'console fail "Kernel panic"',
    arguments: [argument('PATTERN', pattern)],
    get: ({ domain }) => (domain?.console.fail ?? []).map((expression) => [expression] as const),
    set: (job, expression) => {
      domainOf(job).console.fail.push(expression);
    },
  }),
  stanza({
    words: 'console watch',
    dialects: OWN,
    domain: true,
    help: 'Emits an event for each line that matches; $1 … are the groups of the match.',
    example: 'console watch "^step ([0-9]+)" emit guest-step STEP=$1',
    arguments: [
      argument('PATTERN', pattern),
      argument('emit', keyword('emit')),
      argument('EVENT', text),
      argument('NAME=VALUE', assignment, 'any'),
    ],
    check: (expression, _emit, _event, variables) => missingGroup(expression, variables),
    get: ({ domain }) =>
      (domain?.console.watch ?? []).map(
        ({ pattern: expression, event, variables }) =>
          [expression, 'emit', event, variables] as const,
      ),
    set: (job, expression, _emit, event, variables) => {
      domainOf(job).console.watch.push({ pattern: expression, event, variables });
    },
  }),
  stanza({
    words: 'console limit',
    dialects: OWN,
    domain: true,
    help: 'How much of the console is kept.',
    example: 'console limit 1M',
    arguments: [argument('SIZE', size({ unit: 1, from: 1024, to: GIB }))],
    get: ({ domain }) => given(domain?.console.limit),
    set: (job, bytes) => {
      domainOf(job).console.limit = bytes;
    },
  }),
];
