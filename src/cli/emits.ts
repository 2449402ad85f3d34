import { parseVariable, type Variable } from '../model/environment.ts';
import { DomstartError } from '../model/errors.ts';

export interface Emit {
  readonly name: string;
  readonly variables: readonly Variable[];
}

/**
 * `--emit EVENT [KEY=VALUE…]`, repeated, arrives as one list of words: a word without `=` begins
 * the next event, a word with one belongs to the event before it.
 */
export function parseEmits(words: readonly string[]): Emit[] {
  const emits: { name: string; variables: Variable[] }[] = [];
  for (const word of words) {
    const variable = parseVariable(word);
    const last = emits.at(-1);
    if (variable === undefined) emits.push({ name: word, variables: [] });
    else if (last !== undefined) last.variables.push(variable);
    else {
      throw new DomstartError(
        'variable-missing',
        `--emit ${word}: expected an event's name first`,
        {
          hint: `write --emit EVENT ${word}`,
        },
      );
    }
  }
  if (emits.some(({ name }) => name === '')) {
    throw new DomstartError('variable-missing', "--emit: an event's name may not be empty");
  }
  return emits;
}
