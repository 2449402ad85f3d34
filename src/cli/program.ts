import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { LOG_PRIORITIES } from '../daemon/log-priority.ts';
import type { Shell } from './completion.ts';
import { describeVerb, INITCTL_VERBS } from './control/help.ts';
import { DOMSTART } from './control/speaker.ts';
import { describeDomain } from './domain-commands.ts';
import { type Emit, parseEmits } from './emits.ts';
import { EXIT, EXIT_HELP } from './exit-codes.ts';
import { describeGuest } from './guest-commands.ts';
import { describeHistory } from './history-commands.ts';
import { describeImage } from './image-commands.ts';
import { keepOnFailureOption } from './keep-on-failure-option.ts';
import { describeKernel } from './kernel-commands.ts';
import { fail, print, tolerateClosedStreams } from './output.ts';
import {
  CHECK_HELP,
  COMPLETION_HELP,
  CONVERT_HELP,
  DAEMON_HELP,
  EXAMPLES,
  EXPORT_HELP,
  FMT_HELP,
  IMPORT_HELP,
  RUN_EXAMPLES,
  RUN_FILES,
  SHOW_CONFIG_HELP,
} from './program-help.ts';
import { describeSpool } from './spool-commands.ts';
import { VERSION } from './version.ts';

/**
 * The command line. Each command is loaded when it is called: `--version` and `check` must not pay
 * for the engine.
 */
export async function main(argv: readonly string[]): Promise<number> {
  tolerateClosedStreams();
  let status: number = EXIT.ok;
  const program = buildProgram(argv, (result) => {
    status = result;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return fail(error);
  }
  return status;
}

function buildProgram(argv: readonly string[], done: (status: number) => void): Command {
  const program = new Command('domstart')
    .description('Starts a program in a throwaway virtual machine when an event says so.')
    .version(VERSION, '-V, --version')
    // Words go to commands in the order in which they stand.
    .enablePositionalOptions()
    .exitOverride()
    .configureHelp({ showGlobalOptions: false })
    .showHelpAfterError('(domstart --help explains)')
    .addHelpText('after', EXAMPLES);

  program
    .command('run')
    .summary('run a job file until nothing is left to do')
    .description(
      'Loads a job file, or a folder of them, emits the events in order (startup where none is ' +
        "given), and runs until nothing is left to do. The guest's console goes to standard " +
        'output, everything else to standard error.',
    )
    .argument('[job]', 'a job file, or a folder of them')
    .usage('<job> [options]')
    .option('--emit <event...>', 'emit EVENT [KEY=VALUE…]; may be repeated')
    .option('--json', 'one JSON object a line: events, console lines, phases, results')
    .option('-q, --quiet', 'only the console, and errors')
    .option('--output <dir>', 'where what domains hand back goes, instead of the working folder')
    .addOption(keepOnFailureOption())
    .option('--log <file>', 'write a log of everything the engine does, one JSON object a line')
    .addOption(dialectOption())
    .addHelpText('after', `\n${RUN_FILES}\n\n${EXIT_HELP}\n${RUN_EXAMPLES}`)
    .action(async (job: string | undefined, options, command: Command) => {
      if (job === undefined) {
        command.error(
          'error: no job given; it goes before --emit, which takes every word behind it',
        );
        return;
      }
      const emits: readonly Emit[] = parseEmits(options.emit ?? []);
      const { run } = await import('./run.ts');
      done(await run(job, { ...options, emits }));
    });

  program
    .command('daemon')
    .summary('serve folders of jobs until told to stop (domstartd)')
    .description(
      'Reads the job files of its folders, watches them, emits startup, and does what events, ' +
        'file events and commands (start, stop, emit, …) ask for, until SIGTERM.',
    )
    .option('--confdir <dir...>', 'folders of jobs, instead of the default one')
    .option('--prepend-confdir <dir...>', 'folders that go before them')
    .option('--append-confdir <dir...>', 'folders that come after them')
    .addOption(dialectOption())
    .option('--socket <path>', 'where clients reach it (also DOMSTART_SOCKET)', filled)
    .option('--logdir <dir>', 'where the output of jobs goes')
    .option('--no-log', 'the output of jobs goes nowhere')
    .option('--outputdir <dir>', 'where what domains hand back goes')
    .option('--state <dir>', 'where its journal is (also DOMSTART_STATE)', filled)
    .option('--trace <file>', 'write everything that happens, one JSON object a line')
    .addOption(
      new Option('--log-priority <priority>', 'what it says on standard error').choices(
        LOG_PRIORITIES,
      ),
    )
    .addOption(
      new Option('--default-console <mode>', 'of jobs that do not say it').choices([
        'none',
        'log',
        'output',
        'owner',
      ]),
    )
    .option('--startup-event <event>', 'instead of startup')
    .option('--no-startup-event', 'emit nothing at the start')
    .option('--inherit-env', 'jobs get the whole environment, not only PATH and TERM')
    .addOption(
      new Option('--print-unit', 'print the unit for systemd, and do nothing else').conflicts([
        ...['confdir', 'prependConfdir', 'appendConfdir', 'dialect', 'socket', 'logdir', 'log'],
        ...[
          'outputdir',
          'state',
          'trace',
          'logPriority',
          'defaultConsole',
          'startupEvent',
          'inheritEnv',
          'exactly',
        ],
      ]),
    )
    .addOption(new Option('--exactly', 'as Upstart also where it promises nothing').hideHelp())
    .addHelpText('after', DAEMON_HELP)
    .action(async (options) => {
      if (options.printUnit) {
        const { unitOfInstallation } = await import('./systemd-unit.ts');
        print(unitOfInstallation().trimEnd());
        return;
      }
      const { daemon } = await import('./daemon.ts');
      done(await daemon(options));
    });

  program
    .command('check')
    .summary('explain what is wrong with job files')
    .description(
      'Parses job files, or folders of them, and explains every error with its place. Warns of ' +
        'what parses but cannot work; of a folder also what no other job of it emits.',
    )
    .argument('<file...>', 'job files, or folders of them; - is standard input')
    .option('--json', 'one JSON object a line for each file')
    .option('--strict', 'exit with 1 where there are warnings')
    .option('--no-sh', 'do not let `sh -n` read the scripts')
    .addOption(dialectOption())
    .addHelpText('after', CHECK_HELP)
    .action(async (files: string[], options) => {
      const { check } = await import('./check.ts');
      done(await check(files, options));
    });

  program
    .command('fmt')
    .summary('put the white space of job files in order')
    .description(
      'Formats job files, or folders of them, in place, and names those that it changed. Comments, ' +
        'order, quotes, commands and scripts stay; the job is the same before and after.',
    )
    .argument('<file...>', 'job files, or folders of them; - is standard input')
    .option('--check', 'change nothing, only name the files that would be changed')
    .option('--json', 'one JSON object a line for each file')
    .addOption(dialectOption())
    .addHelpText('after', FMT_HELP)
    .action(async (files: string[], options) => {
      const { fmt } = await import('./fmt.ts');
      done(await fmt(files, options));
    });

  program
    .command('convert')
    .summary('print a job file for the other kind of Upstart')
    .description(
      'Converts a job between Upstart 0.3 (event.d) and 0.5 to 1.13 (init), such that it does the ' +
        'same, and prints it. What the other cannot say is an error at its place.',
    )
    .argument('<file>', 'a job file; - is standard input')
    .addOption(
      new Option('--to <name>', 'the dialect to convert to')
        .choices(['event.d', 'init'])
        .makeOptionMandatory(),
    )
    .option('--json', 'one JSON object')
    .addOption(dialectOption())
    .addHelpText('after', CONVERT_HELP)
    .action(async (file: string, options) => {
      const { convert } = await import('./convert.ts');
      done(await convert(file, options));
    });

  program
    .command('show-config')
    .summary('print the events that jobs emit, start on and stop on')
    .description(
      'Prints of each job what `initctl show-config` of Upstart prints of it; without files, of the ' +
        'jobs of the running daemon.',
    )
    .argument('[file...]', 'job files, or folders of them; - is standard input')
    .option('-e, --enumerate', 'one line for each event, without and, or')
    .option('--json', 'one JSON object a line for each job')
    .addOption(dialectOption())
    .option('--socket <file>', "without files: the daemon's control socket")
    .addHelpText('after', SHOW_CONFIG_HELP)
    .action(async (files: string[], options) => {
      if (files.length === 0) {
        const { control } = await import('./control/control.ts');
        done(await control(argv, DOMSTART));
        return;
      }
      const { showConfig } = await import('./show-config.ts');
      done(await showConfig(files, options));
    });

  program
    .command('import')
    .summary('print a Xen config as domain stanzas')
    .description(
      'Turns an xl.cfg, or a config of the old xm as far as it is plain assignments, into `domain` ' +
        'stanzas of a job and prints them. What cannot be said is an error at its place.',
    )
    .addArgument(new Argument('<format>', 'what the file is').choices(['xen']))
    .argument('<file>', 'a Xen config; - is standard input')
    .option('--json', 'one JSON object')
    .addHelpText('after', IMPORT_HELP)
    .action(async (_format: 'xen', file: string, options) => {
      const { importXen } = await import('./import.ts');
      done(await importXen(file, options));
    });

  program
    .command('export')
    .summary("print a job's domain as a Xen config")
    .description('Prints the xl.cfg that says what the `domain` stanzas of a job say.')
    .addArgument(new Argument('<format>', 'what to print').choices(['xen']))
    .argument('<job>', 'the job file of a domain')
    .argument('[variable...]', 'KEY=VALUE for each variable in its stanzas')
    .addHelpText('after', EXPORT_HELP)
    .action(async (_format: 'xen', job: string, variables: string[]) => {
      const { exportXen } = await import('./export.ts');
      done(await exportXen(job, variables));
    });

  describeSpool(program.command('spool'), done);
  describeHistory(program, done);
  describeDomain(program.command('domain'), done);
  describeGuest(program.command('guest'), done);
  describeImage(program.command('image'), done);
  describeKernel(program.command('kernel'), done);

  program
    .command('setup')
    .summary('get what this host lacks: QEMU, a kernel, busybox')
    .description(
      "Gets what running jobs needs and this host lacks, as Debian's packages: QEMU (installed " +
        'with apt as root, otherwise unpacked into the cache), a kernel and a static busybox ' +
        '(into the cache). What is there already is left alone.',
    )
    .action(async () => {
      const { setup } = await import('./setup.ts');
      done(await setup());
    });

  program
    .command('doctor')
    .summary('say what this host can do, and how to mend what it cannot')
    .description(
      'Says what this host can do, each line with its fix. KVM is proven by booting something.',
    )
    .option('--json', 'one JSON object a line for each finding')
    .action(async (options) => {
      const { doctor } = await import('./doctor.ts');
      done(await doctor(options));
    });

  program
    .command('completion')
    .summary('print completion for a shell')
    .description('Prints a script that makes a shell complete commands, options and their values.')
    .addArgument(new Argument('<shell>', 'which shell').choices(['bash', 'zsh', 'fish']))
    .addHelpText('after', COMPLETION_HELP)
    .action(async (shell: Shell) => {
      const { completion } = await import('./completion.ts');
      done(completion(shell, program));
    });

  program.commandsGroup('Of a running daemon:');
  for (const verb of INITCTL_VERBS) {
    if (verb === 'show-config') continue;
    describeVerb(program, verb).action(async () => {
      const { control } = await import('./control/control.ts');
      done(await control(argv, DOMSTART));
    });
  }
  return program;
}

/** Nothing is neither a file nor an event. */
function filled(value: string): string {
  if (value === '') throw new InvalidArgumentError('It is empty.');
  return value;
}

function dialectOption(): Option {
  return new Option(
    '--dialect <name>',
    "instead of what the file's place and name suggest",
  ).choices(['event.d', 'init', 'chromeos', 'domstart']);
}
