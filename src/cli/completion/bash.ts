import { allCommands, type CommandWords, JOB_NAMES, nameOf } from './words.ts';

/** A completion script for bash; needs nothing but bash itself. */
export function bashCompletion(program: CommandWords): string {
  const commands = allCommands(program);
  return `# bash completion for domstart; written by \`domstart completion bash\`
_domstart() {
  local word=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} path= prefix= at
  # --option=value is three words, unless COMP_WORDBREAKS lacks the equals sign.
  if [[ $word == = ]]; then
    word=
  elif [[ $previous == = ]]; then
    previous=\${COMP_WORDS[COMP_CWORD-2]}
  elif [[ $word == --*=* ]]; then
    previous=\${word%%=*} prefix=\${word%%=*}= word=\${word#*=}
  fi
  for ((at = 1; at < COMP_CWORD; at++)); do
    case "$path\${path:+ }\${COMP_WORDS[at]}" in
${commands
  .filter(({ path }) => path !== '')
  .map(({ path }) => `      '${path}') path='${path}' ;;`)
  .join('\n')}
    esac
  done
  case "$path:$previous" in
${commands.flatMap(valueCases).join('\n')}
  esac
  case "$path:$word" in
${commands.map((command) => `    '${command.path}':-*) _domstart_words '${optionsOf(command)}' ;;`).join('\n')}
${commands.map(wordCase).join('\n')}
  esac
}

_domstart_words() {
  mapfile -t COMPREPLY < <(compgen -P "$prefix" -W "$1" -- "$word")
}

_domstart_jobs() {
  _domstart_words "$("\${COMP_WORDS[0]}" ${JOB_NAMES})"
}

_domstart_files() {
  compopt -o filenames
  mapfile -t COMPREPLY < <(compgen -P "$prefix" -f -- "$word")
}

complete -F _domstart domstart
`;
}

function optionsOf({ options }: CommandWords): string {
  return options.flatMap(({ flags }) => flags).join(' ');
}

/** Behind an option that takes a value there is nothing but that value. */
function valueCases({ path, options }: CommandWords): string[] {
  return options
    .filter(({ takesValue }) => takesValue)
    .map(({ flags, values, file }) => {
      const what = values === undefined ? '' : `_domstart_words '${values.join(' ')}'; `;
      const then = file ? '_domstart_files; ' : what;
      return `    ${flags.map((flag) => `'${path}:${flag}'`).join('|')}) ${then}return ;;`;
    });
}

function wordCase({ path, subcommands, values, ofJob }: CommandWords): string {
  if (ofJob) return `    '${path}':*) _domstart_jobs ;;`;
  const known = subcommands.length > 0 ? subcommands.map(nameOf) : values;
  const then = known === undefined ? '_domstart_files' : `_domstart_words '${known.join(' ')}'`;
  return `    '${path}':*) ${then} ;;`;
}
