import { allCommands, type CommandWords, JOB_NAMES, nameOf } from './words.ts';

/** A completion script for fish. */
export function fishCompletion(program: CommandWords): string {
  const lines = allCommands(program).flatMap(linesOf);
  return `# fish completion for domstart; written by \`domstart completion fish\`
${lines.join('\n')}
`;
}

function linesOf(command: CommandWords): string[] {
  const { subcommands, options, values, ofJob } = command;
  const here = conditionOf(command);
  const lines: string[] = [];
  for (const sub of subcommands) {
    lines.push(`${here} -f -a ${quoted(nameOf(sub))} -d ${quoted(sub.summary)}`);
  }
  for (const { flags, summary, takesValue, values: known, file } of options) {
    const names = flags.map((flag) =>
      flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
    );
    const value = file ? ' -r -F' : ` -x${known ? ` -a ${quoted(known.join(' '))}` : ''}`;
    lines.push(`${here} ${names.join(' ')}${takesValue ? value : ''} -d ${quoted(summary)}`);
  }
  if (ofJob) {
    lines.push(`${here} -f -a ${quoted(`(domstart ${JOB_NAMES})`)}`);
  } else if (subcommands.length === 0 && values !== undefined) {
    lines.push(`${here} -f${values.length > 0 ? ` -a ${quoted(values.join(' '))}` : ''}`);
  }
  return lines;
}

/** `complete` where that command, and none below it, has been typed. */
function conditionOf({ path, subcommands }: CommandWords): string {
  const names = subcommands.map(nameOf).join(' ');
  const none = names === '' ? [] : [`not __fish_seen_subcommand_from ${names}`];
  const seen = path === '' ? [] : path.split(' ').map((w) => `__fish_seen_subcommand_from ${w}`);
  return `complete -c domstart -n ${quoted([...seen, ...none].join('; and '))}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
