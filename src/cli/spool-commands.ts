import { type Command, InvalidArgumentError } from 'commander';
import { EXIT_HELP } from './exit-codes.ts';
import { keepOnFailureOption } from './keep-on-failure-option.ts';
import type { FilesOptions } from './spool-files.ts';
import type { ServeOptions } from './spool-serve.ts';
import type { StatusOptions } from './spool-status.ts';

/** `domstart spool …`: what its help says, and what is called. */
export function describeSpool(spool: Command, done: (status: number) => void): void {
  spool
    // What stands behind `status` and the like is theirs.
    .enablePositionalOptions()
    .summary('run a job for each file that is dropped into a folder')
    .description(
      'Serves a spool in the foreground: each file that arrives in DIR/in is run by the job, with FILE ' +
        'set, and its result appears in DIR/done or DIR/failed by one rename, once, whatever happens. ' +
        'With `spool DIR` in a job the daemon does the same.',
    )
    .argument('[dir]', 'the spool; made where it is missing')
    .usage('<dir> --job <file> [options]')
    .option('--job <file>', 'the job that runs the files')
    .option('--limit <n>', 'so many at once (in the place of `spool limit`)', counted)
    .option('--drain', 'end when all that is there is done: 1 where a file has failed')
    .addOption(keepOnFailureOption())
    .option('--json', 'one JSON object a line: files that are begun, and their results')
    .option('-q, --quiet', 'only the results, and errors')
    .option('--state <dir>', 'where the journal is (also DOMSTART_STATE)')
    .addHelpText('after', SPOOL_HELP)
    .action(async (dir: string | undefined, options: ServeOptions, command: Command) => {
      if (dir === undefined) command.error('error: no spool given: name a folder');
      else if (options.job === undefined) command.error('error: no job given: --job JOB.conf');
      else {
        const { serveSpool } = await import('./spool-serve.ts');
        done(await serveSpool(dir, options));
      }
    });

  spool
    .command('status')
    .summary('what waits and why, runs, is done, has failed')
    .argument('[dir]', 'a spool; without it all that are served here')
    .option('--json', 'one JSON object a line')
    .addHelpText('after', STATUS_HELP)
    .action(async (dir: string | undefined, options: StatusOptions) => {
      const { status } = await import('./spool-status.ts');
      done(await status(dir, options));
    });

  for (const [verb, summary, some] of VERBS) {
    spool
      .command(verb)
      .summary(summary)
      .argument('<dir>', 'the spool')
      .argument(some ? '<name...>' : '[name...]', 'names of files')
      .option('--json', 'one JSON object a line')
      .addHelpText('after', `\n${FILES_STATUS}`)
      .action(async (dir: string, names: string[], options: FilesOptions) => {
        const files = await import('./spool-files.ts');
        done(await files[verb](dir, names, options));
      });
  }
}

const VERBS = [
  ['retry', 'put files that have failed into the queue again', true],
  ['cancel', 'end files that wait or run: they have failed then', true],
  ['hold', 'claim nothing any more, or hold these files back', false],
  ['release', 'let them go on again', false],
] as const;

function counted(value: string): number {
  const count = Number(value);
  if (Number.isSafeInteger(count) && count > 0) return count;
  throw new InvalidArgumentError('It is no number from 1 on.');
}

const FILES_STATUS =
  'Exit status: 0 done, 64 there is no such file, 66 it is no spool, 74 it cannot be done.';

const STATUS_HELP = `
With --json: {spool, job, state, limit, waiting, running, hold, done, failed, why, growing, failures}.

Exit status: 0 shown, 66 it is no spool.`;

const SPOOL_HELP = `
A job sees FILE (the path), NAME, RUN, SPOOL and OUTPUT, a folder whose files become a part of the result.
DIR/done/NAME holds: file/NAME, output/, console.log, status and run.json.

${EXIT_HELP}

Examples:
  domstart spool /srv/queue --job jobs/spool.conf
  domstart spool queue --job convert.conf --limit 8 --drain
  domstart spool queue --job convert.conf --keep-on-failure 600
  domstart spool status queue
  domstart spool retry queue report.sh`;
