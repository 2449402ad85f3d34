import type { Command } from 'commander';
import type { DomainAction } from '../daemon/control/protocol.ts';
import type { DomainOptions, MigrateOptions, RestoreOptions } from './domain.ts';

const ACTIONS: readonly (readonly [DomainAction, summary: string, description: string])[] = [
  [
    'pause',
    'let a domain stand still',
    'Its processors stand still until `unpause`. A `timeout` of its job goes on; a stop of the job ' +
      'lets it go on first.',
  ],
  ['unpause', 'let a paused domain go on', 'Does nothing where it is not paused.'],
  [
    'shutdown',
    'ask a domain to power off',
    'Asks the guest, as a stop of its job does, and does not wait for it; a guest may not obey. The ' +
      'job then goes on as after any end: one with `respawn` gets a new domain.',
  ],
  ['destroy', 'end a domain at once', 'As if its power were cut. Its job has been killed then.'],
];

/** `domstart domain …`: what its help says, and what is called. */
export function describeDomain(domain: Command, done: (status: number) => void): void {
  domain
    .summary('list and control the domains that run')
    .description(
      'The domains of the daemon and of every `domstart run` of this user, under QEMU or Xen. They ' +
        'are created by their jobs: `domstart run JOB.conf` shows the console of one, ' +
        '`domstart start JOB` leaves that to the daemon and `domstart console JOB --follow`.',
    )
    .addHelpText('after', EXAMPLES);

  withOptions(domain.command('list'))
    .summary('list the domains that run')
    .description('Every domain with its job, its state and what it runs under.')
    .addHelpText('after', LIST_HELP)
    .action(async (options: DomainOptions) => {
      const { list } = await import('./domain.ts');
      done(await list(options));
    });

  withOptions(domain.command('console').argument('<name>', 'its name, or that of its run'))
    .summary("show a domain's console, and type on it")
    .description(
      'What its console showed last and what it shows until the domain ends; each line that is typed, ' +
        'or comes on standard input, goes to the guest. Ctrl-D leaves; the domain goes on. With ' +
        '`domain keep-on-failure` a shell of the guest reads it.',
    )
    .addHelpText('after', CONSOLE_HELP)
    .action(async (name: string, options: DomainOptions) => {
      const { showConsole } = await import('./domain.ts');
      done(await showConsole(name, options));
    });

  for (const [action, summary, description] of ACTIONS) {
    withOptions(domain.command(action).argument('<name>', 'its name, or that of its run'))
      .summary(summary)
      .description(description)
      .addHelpText('after', `\n${STATUS}`)
      .action(async (name: string, options: DomainOptions) => {
        const { change } = await import('./domain.ts');
        done(await change(action, name, options));
      });
  }

  withOptions(
    domain
      .command('save')
      .argument('<name>', 'its name, or that of its run')
      .argument('<dir>', 'a folder that is not there yet'),
  )
    .summary('save a domain into a folder, and end it')
    .description(
      'Its memory, its disks and what its run needs; the folder appears when all of it is there. Its job ' +
        'is stopped then. Where it cannot be saved it goes on. Only domains of Xen, whose kernel must ' +
        'be able to be suspended: the one of `domain kernel optimised` is not.',
    )
    .addHelpText('after', `\n${STATUS}`)
    .action(async (name: string, folder: string, options: DomainOptions) => {
      const { save } = await import('./domain.ts');
      done(await save(name, folder, options));
    });

  withOptions(domain.command('restore').argument('<dir>', 'what `save` has made'))
    .summary('let a saved domain go on')
    .description(
      'The daemon starts its job with the environment that it had, and the domain goes on where it ' +
        'stood: its console, what it hands back and its exit status are those of one run. What was ' +
        'saved is removed, unless it is to be kept.',
    )
    .option('--keep', 'leave what was saved where it is')
    .addHelpText('after', `\n${RESTORE_STATUS}`)
    .action(async (folder: string, options: RestoreOptions) => {
      const { restore } = await import('./domain.ts');
      done(await restore(folder, options));
    });

  withOptions(
    domain
      .command('migrate')
      .argument('<name>', 'its name, or that of its run')
      .argument('<host>', 'a Xen host that ssh reaches as root'),
  )
    .summary('move a domain to another host')
    .description(
      'As `xl migrate` does: it goes on there, and its job is stopped here. Its disks must be there ' +
        'under the same paths; a guest in memory that hands nothing back has none.',
    )
    .option('--ssh <command>', 'in the place of ssh; empty: HOST is a command itself')
    .addHelpText('after', `\n${STATUS}`)
    .action(async (name: string, host: string, options: MigrateOptions) => {
      const { migrate } = await import('./domain.ts');
      done(await migrate(name, host, options));
    });
}

function withOptions(command: Command): Command {
  return command
    .option('--socket <file>', 'only those of the daemon with this control socket')
    .option('--json', 'one JSON object a line');
}

const STATUS = `Exit status: 0 done, 64 no domain has that name, or several have, 69 nobody answers at --socket.`;

const CONSOLE_HELP = `
With --json: {line}.

${STATUS}

Examples:
  domstart domain console web
  echo 'ps; dmesg | tail' | domstart domain console web`;

const RESTORE_STATUS = `Exit status: 0 it goes on, 64 its job is not known or runs, 65 it is damaged or the job is another one,
66 nothing is saved there, 69 no daemon answers, 74 no room.`;

const LIST_HELP = `
With --json: {id, name, job, instance, state, until, hypervisor, pid, since, owner}. state is running,
paused, or kept: it has failed and stays until then to be looked into. since and until are in
milliseconds since 1970, pid that of the hypervisor's process, owner that of the daemon or the run; id
names the run.

Exit status: 0 also where there is none, 69 nobody answers at --socket.`;

const EXAMPLES = `
Examples:
  domstart domain list
  domstart domain pause web
  domstart domain list --json | jq -r '.name'`;
