import { allCommands, type CommandWords, JOB_NAMES, nameOf } from './words.ts';

/** A completion script for zsh: to be a file `_domstart` on the fpath, or to be sourced. */
export function zshCompletion(program: CommandWords): string {
  const functions = allCommands(program).map(functionOf);
  return `#compdef domstart
# zsh completion for domstart; written by \`domstart completion zsh\`
${functions.join('\n')}
_domstart_jobs() {
  compadd -- \${(f)"$(domstart ${JOB_NAMES})"}
}

if [ "\${funcstack[1]-}" = _domstart ]; then
  _domstart "$@"
else
  compdef _domstart domstart
fi
`;
}

function functionOf(command: CommandWords): string {
  const { path, subcommands } = command;
  const options = command.options.flatMap(specsOf);
  const name = functionName(path);
  if (subcommands.length === 0) {
    return `${name}() {\n  _arguments -s ${[...options, ...restOf(command)].join(' \\\n    ')}\n}\n`;
  }
  const described = subcommands.map((sub) => quoted(`${nameOf(sub)}:${sub.summary}`));
  const cases = subcommands.map((sub) => `    ${nameOf(sub)}) ${functionName(sub.path)} ;;`);
  return `${name}() {
  local line state
  _arguments -C ${[...options, "'1: :->command'", "'*:: :->arguments'"].join(' \\\n    ')}
  case $state in
  command)
    local -a commands=(
      ${described.join('\n      ')}
    )
    _describe command commands ;;
  arguments) case $line[1] in
${cases.join('\n')}
    esac ;;
  esac
}
`;
}

function restOf({ values, ofJob }: CommandWords): string[] {
  if (ofJob) return [quoted('*:job:_domstart_jobs')];
  if (values === undefined) return [quoted('*:file:_files')];
  return values.length === 0 ? [] : [quoted(`*:value:(${values.join(' ')})`)];
}

function functionName(path: string): string {
  return path === '' ? '_domstart' : `_domstart_${path.replaceAll(/\W/g, '_')}`;
}

function specsOf({ flags, summary, takesValue, values, file }: CommandWords['options'][number]) {
  const value = file ? ':file:_files' : `:value:${values ? `(${values.join(' ')})` : ''}`;
  const text = summary.replaceAll(/[[\]]/g, '\\$&').replaceAll(':', '\\:');
  return flags.map((flag) => quoted(`${flag}[${text}]${takesValue ? value : ''}`));
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
