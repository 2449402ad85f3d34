import { Argument, Command, Option } from 'commander';
import { print } from '../output.ts';
import { VERSION } from '../version.ts';
import { HELP_TEXTS } from './help-texts.ts';
import type { Speaker } from './speaker.ts';
import { OPTIONS_OF, type OptionSpec, type VerbName } from './verbs.ts';

/** Marks an argument whose values the daemon knows; completion looks for it. */
export const DAEMON_JOB = 'a job of the daemon';

const ARGUMENT_TEXTS: Readonly<Record<string, string>> = {
  '[job]': DAEMON_JOB,
  '[instance]': 'its instance, where it has several',
  '[event]': 'its name',
  '[variable...]': 'KEY=VALUE',
  '[name]': 'of a variable',
  '[name...]': 'of variables',
  '[priority]': 'debug, info, message, warn, error or fatal',
  '[runlevel]': '0 to 6, S or Q',
};

const COMMON_TEXTS = {
  socket: "the daemon's control socket (default: DOMSTART_SOCKET, or the user's daemon)",
  json: 'one JSON object a line',
  quiet: 'print only errors',
};

/** Adds the command as `--help` and completion see it. */
export function describeVerb(program: Command, verb: VerbName): Command {
  const { summary, description, options, arguments: list = [], examples } = HELP_TEXTS[verb];
  const command = program.command(verb).summary(summary).description(description);
  for (const name of list) {
    command.addArgument(new Argument(name, ARGUMENT_TEXTS[name]));
  }
  const texts: Readonly<Record<string, string>> = { ...COMMON_TEXTS, ...options };
  const own: readonly OptionSpec[] = OPTIONS_OF[verb];
  for (const option of own) command.addOption(commanderOption(option, texts));
  command.addOption(new Option('--socket <file>', texts['socket']));
  command.addOption(new Option('--json', texts['json']));
  command.addOption(new Option('-q, --quiet', texts['quiet']));
  const name = program.name();
  return command.addHelpText('after', `\n${statusText(name)}\n${exampleText(name, examples)}`);
}

function commanderOption({ short, long, value }: OptionSpec, texts: Record<string, string>) {
  const names = short === undefined ? `--${long}` : `-${short}, --${long}`;
  return new Option(value === undefined ? names : `${names} <${value.toLowerCase()}>`, texts[long]);
}

/** Upstart's knows no others. */
function statusText(name: string): string {
  const others = name === 'domstart' ? ', 64 wrong usage, 69 no daemon' : '';
  return `Exit status: 0 done, 1 refused or failed${others}.`;
}

function exampleText(name: string, examples: (typeof HELP_TEXTS)[VerbName]['examples']): string {
  const width = Math.max(...examples.map(([line]) => line.length)) + 2;
  const lines = examples.map(([line, comment]) => `  ${line.padEnd(width)}${comment}`.trimEnd());
  return `\nExamples:\n${lines.join('\n').replaceAll('PROGRAM', name)}`;
}

/** Those of initctl; telinit is only a link to it. */
export const INITCTL_VERBS = (Object.keys(OPTIONS_OF) as VerbName[]).filter(
  (verb) => verb !== 'telinit',
);

export function printHelp(speaker: Speaker, verb: VerbName | undefined): void {
  const program = new Command(speaker.kind === 'domstart' ? 'domstart' : 'initctl')
    .description("Upstart's initctl, for the jobs of a running Domstart daemon.")
    .usage('[options] <command> [arguments]')
    .version(VERSION);
  if (speaker.verb === 'telinit') describeVerb(program, speaker.verb);
  else for (const each of INITCTL_VERBS) describeVerb(program, each);
  const asked = program.commands.find((command) => command.name() === verb) ?? program;
  asked.outputHelp();
}

/** Scripts look for `upstart` in it. */
export function printVersion({ name }: Speaker): void {
  print(`${name} (upstart 1.13.2)`);
  print(`domstart ${VERSION}`);
}
