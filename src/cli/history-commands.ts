import { type Command, InvalidArgumentError } from 'commander';
import type { HistoryOptions, ShowOptions } from './history.ts';

/** `domstart history` and `domstart show`: what their help says, and what is called. */
export function describeHistory(program: Command, done: (status: number) => void): void {
  program
    .command('history')
    .summary('what has run on this host, and what became of it')
    .description(
      "The runs of the daemon's jobs, the newest first, from its journal; a daemon need not be " +
        'there. RUN is what `domstart show` takes.',
    )
    .argument('[job]', 'only runs of this job')
    .option('--limit <n>', 'how many', counted, 30)
    .option('--json', 'one JSON object a line for each run')
    .option('--state <dir>', 'where the journal is (also DOMSTART_STATE)')
    .addHelpText('after', HISTORY_HELP)
    .action(async (job: string | undefined, options: HistoryOptions) => {
      const { history } = await import('./history.ts');
      done(history(job, options));
    });

  program
    .command('show')
    .summary('all that is known of one run')
    .description(
      'How a run went, from the journal: its phases on a time line, what it ran in, its error, and ' +
        'the events that it has emitted.',
    )
    .argument('<run>', 'its number, or the name of an instance that has run once')
    .option('--json', 'one JSON object')
    .option('--state <dir>', 'where the journal is (also DOMSTART_STATE)')
    .addHelpText('after', SHOW_HELP)
    .action(async (run: string, options: ShowOptions) => {
      const { show } = await import('./history.ts');
      done(show(run, options));
    });
}

function counted(value: string): number {
  const count = Number(value);
  if (Number.isSafeInteger(count) && count > 0) return count;
  throw new InvalidArgumentError('It is no number from 1 on.');
}

const HISTORY_HELP = `
With --json: {run, job, instance, result, startedAt, endedAt, exitStatus, exitSignal, failedProcess,
error}. result is running, ok, failed or interrupted (its daemon was gone before it ended), times are in
milliseconds since 1970; what does not apply is absent.

Exit status: 0 also where there is none, 66 no journal is there, 74 it cannot be read.

Examples:
  domstart history
  domstart history web --limit 5
  domstart history --limit 1000 --json | jq -r 'select(.result == "failed") | .run'`;

const SHOW_HELP = `
With --json: what \`history --json\` has, with facts (what it ran in), phases ({phase, ms}) and events
({name, variables, at, failed}).

Exit status: 0 shown, 64 no run is called so, or several are, 66 no journal is there, 74 it cannot be read.`;
