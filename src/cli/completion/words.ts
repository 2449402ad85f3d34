import type { Command } from 'commander';
import { DAEMON_JOB } from '../control/help.ts';

/** What a shell completes, read off the commander program: there is no second list of commands. */
export interface CommandWords {
  /** Its name behind the program's: ``, `run`, `import xen`. */
  readonly path: string;
  readonly summary: string;
  readonly subcommands: readonly CommandWords[];
  readonly options: readonly OptionWords[];
  /** Values of its arguments, none where it takes none; undefined where they are files. */
  readonly values: readonly string[] | undefined;
  /** It is about a job of the running daemon. */
  readonly ofJob: boolean;
}

/**
 * The shell words behind the program's name that print the names of the daemon's jobs, a line each.
 * Shells expand what they are offered: a name that they could take for more is left out.
 */
export const JOB_NAMES = `list --json 2>/dev/null | sed -n 's/^{"job":"\\([A-Za-z0-9_.\\/@:+-]*\\)".*/\\1/p' | sort -u`;

interface OptionWords {
  /** `-q`, `--quiet`. */
  readonly flags: readonly string[];
  readonly summary: string;
  readonly takesValue: boolean;
  /** Undefined where any value will do. */
  readonly values: readonly string[] | undefined;
  /** Its value is a file. */
  readonly file: boolean;
}

export function commandWords(command: Command, path = '', parent?: Command): CommandWords {
  const help = command.createHelp();
  return {
    path,
    summary: help.subcommandDescription(command),
    subcommands: help
      .visibleCommands(command)
      .map((sub) => commandWords(sub, `${path} ${sub.name()}`.trimStart(), command)),
    options: help.visibleOptions(command).map((option) => ({
      flags: [option.short, option.long].filter((flag) => flag !== undefined),
      summary: option.description,
      takesValue: option.required || option.optional,
      values: option.argChoices,
      file: /<(?:file|folder|dir)/.test(option.flags),
    })),
    values: valuesOf(command, parent),
    ofJob: command.registeredArguments[0]?.description === DAEMON_JOB,
  };
}

function valuesOf(command: Command, parent: Command | undefined): readonly string[] | undefined {
  const list = command.registeredArguments;
  // Commander's own `help [command]`.
  if (list[0]?.name() === 'command') {
    return parent?.commands.map((sibling) => sibling.name()) ?? [];
  }
  const choices = list.flatMap((argument) => argument.argChoices ?? []);
  return list.length > 0 && choices.length === 0 ? undefined : choices;
}

/** The command and all below it. */
export function allCommands(command: CommandWords): readonly CommandWords[] {
  return [command, ...command.subcommands.flatMap(allCommands)];
}

export function nameOf({ path }: CommandWords): string {
  return path.slice(path.lastIndexOf(' ') + 1);
}
