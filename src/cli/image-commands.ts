import { type Command, InvalidArgumentError, Option } from 'commander';

/** `domstart image …`: what its help says, and what is called. */
export function describeImage(image: Command, done: (status: number) => void): void {
  image
    .summary('build images ahead, see them, ship them, remove them')
    .description(
      'A guest with a disk runs on an image that is made once and kept. A run makes what is not there; ' +
        'these commands do it before, and manage what is kept.',
    )
    .addHelpText('after', IMAGE_HELP);

  image
    .command('build')
    .summary('make the image of a job, with news of its archives')
    .description(
      'Makes base, disk and image of a job, or finds them. Looks whether the archives have other ' +
        'packages than the base, and makes it anew if they do. Prints the file of the disk; of ' +
        '`image from busybox` the file that its guests share.',
    )
    .argument('<job>', 'the job file of a domain')
    .argument('[variable...]', 'KEY=VALUE for each variable in its stanzas')
    .addOption(new Option('--refresh', 'look for news of the archives: the default').default(true))
    .option('--no-refresh', 'do not look for news: what is there will do')
    .addOption(
      new Option('--method <method>', 'by files alone, or as root by a loop device and a mount')
        .choices(['overlay', 'mount'])
        .default('overlay'),
    )
    .option('--json', 'one JSON object')
    .addHelpText('after', BUILD_HELP)
    .action(async (job: string, variables: string[], options) => {
      const { build } = await import('./image/build.ts');
      done(await build(job, variables, options));
    });

  image
    .command('list')
    .summary('print what is kept')
    .description('Prints bases, disks and images, those used last first.')
    .option('--json', 'one JSON object a line')
    .addHelpText('after', LIST_HELP)
    .action(async (options) => {
      const { list } = await import('./image/list.ts');
      done(await list(options));
    });

  image
    .command('show')
    .summary('print everything that is known of one')
    .description('Prints what a base, disk or image is made of, and who uses it.')
    .argument('<key>', 'its key, or the beginning of it; or a job file, whose image it is')
    .argument('[variable...]', 'KEY=VALUE for each variable in the stanzas of the job')
    .option('--json', 'one JSON object')
    .addHelpText('after', SHOW_HELP)
    .action(async (key: string, variables: string[], options) => {
      const { show } = await import('./image/show.ts');
      done(await show(key, variables, options));
    });

  image
    .command('prune')
    .summary('remove what was not used for long')
    .description(
      'Removes what was not used for 30 days, or what the options say. What a run or a build uses stays, ' +
        'and so does what something else that stays was made from. Says of each why it goes or stays.',
    )
    .option('--older-than <time>', 'not used for longer: 12h, 30d, 8w', duration)
    .option('--larger-than <size>', 'only what takes more: 500M, 2G')
    .addOption(new Option('--all', 'whenever it was used').conflicts('olderThan'))
    .option('-n, --dry-run', 'remove nothing, only tell')
    .option('--json', 'one JSON object a line')
    .addHelpText('after', PRUNE_HELP)
    .action(async (options) => {
      const { prune } = await import('./image/prune.ts');
      done(await prune(options));
    });

  image
    .command('export')
    .summary('write an image into one file')
    .description(
      'Writes the image of a job, made if need be, into one file that `image import` takes in on ' +
        'another host. There `domstart run` of the same job uses it, and fetches nothing. Of an LVM ' +
        'volume it writes the plain disk, by a snapshot: a guest may write to it meanwhile.',
    )
    .argument('<job>', 'the job file of a domain, the key of an image, or VG/LV')
    .argument('<file>', 'the file to write; - is standard output')
    .argument('[variable...]', 'KEY=VALUE for each variable in the stanzas of the job')
    .option('--raw', 'the plain disk, as QEMU and xl take it')
    .option('--json', 'one JSON object')
    .addHelpText('after', EXPORT_HELP)
    .action(async (what: string, file: string, words: string[], options) => {
      const { exportOf } = await import('./image/ship.ts');
      done(await exportOf({ what, file, words, ...options }));
    });

  image
    .command('import')
    .summary('take an image in that another host has exported')
    .description('Checks the file and puts its image into the cache.')
    .argument('<file>', 'what `image export` has written; - is standard input')
    .option('--json', 'one JSON object')
    .addHelpText('after', IMPORT_HELP)
    .action(async (file: string, options) => {
      const { importFrom } = await import('./image/ship.ts');
      done(await importFrom(file, options));
    });
}

const UNITS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

function duration(text: string): number {
  const match = /^(\d+)([smhdw])$/.exec(text);
  if (match !== null) return Number(match[1]) * (UNITS[match[2] as string] as number);
  throw new InvalidArgumentError('expected a number and s, m, h, d or w: 30d.');
}

const IMAGE_HELP = `
Examples:
  domstart image build jobs/serv1.conf        ahead, so that the first run does not wait
  domstart image list
  domstart image export jobs/serv1.conf serv1.image
  domstart image prune --older-than 8w`;

const BUILD_HELP = `
Exit status: 0 it is there, 64 a variable is missing, 65 the job has errors or its image cannot be made
so, 66 a file is missing, 69 the host lacks something, 74 no space, 129, 130, 143 interrupted: then
nothing is left.

It needs no QEMU; a kernel only where the guest has an init of its own, for its modules.

With --json: {job, kind, key, disk, format, size, bytes, description, base, cached, made, ms}. bytes is
what the disk takes without its holes; base is {key, date, packages}: how many, and the date of its
archives; made says which of bases, disks and images are new. kind is disk, or memory, of which only
job, disk, bytes, cached and ms are told.

Examples:
  domstart image build jobs/serv1.conf
  domstart image build --no-refresh job.conf SUITE=bookworm
  sudo domstart image build --method mount jobs/serv1.conf`;

const LIST_HELP = `
With --json: {kind, key, folder, bytes, used, uses, manifest}; kind is images, disks or bases, used is
when (ISO 8601), uses how many runs and builds have it now.

Examples:
  domstart image list
  domstart image list --json | jq -r 'select(.kind == "images").folder'`;

const SHOW_HELP = `
Exit status: 0 shown, 66 there is none, or several keys begin so.

With --json: as of list, and users (process ids), needed (what was made from it: {kind, key}).

Examples:
  domstart image show 24d6
  domstart image show jobs/serv1.conf
  domstart image show --json jobs/serv1.conf | jq -r '.manifest.base.packages[].name'`;

const PRUNE_HELP = `
Beyond DOMSTART_CACHE_LIMIT (20G) what was not used for the longest time goes by itself.

With --json: {kind, key, bytes, used, removed, why} of each; why, of what stays, is used, needed,
recent, small, or taken: by somebody who has just begun.

Examples:
  domstart image prune --dry-run
  domstart image prune --all
  domstart image prune --older-than 12h --larger-than 1G`;

const IMPORT_HELP = `
Exit status: 0 it is in the cache, 65 the file is damaged or no image, 66 it is missing, 74 no space.
Of a file that is not whole nothing is kept.

With --json: {key, cached}.

Examples:
  domstart image import serv1.image
  ssh node7 domstart image export jobs/serv1.conf - | domstart image import -`;

const EXPORT_HELP = `
The file has its name when all of it is written, and not before. Exit status: 0 written, 66 no such job
or key, 69 the job has no image of its own, 74 no space, 141 nobody reads standard output any more.

With --json: {key, file, bytes}; of a volume {volume, file, bytes, checked}.

Examples:
  domstart image export jobs/serv1.conf serv1.image
  domstart image export --raw jobs/serv1.conf disk.img
  domstart image export vg0/guest disk.img
  scp serv1.image jobs/serv1.conf node7: && ssh node7 domstart image import serv1.image`;
