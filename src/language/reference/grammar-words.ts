/** What an editor's grammar has to know of the stanza table: words, by what stands behind them. */
import { STANZAS } from '../stanzas/table.ts';

export interface GrammarWords {
  /** Behind them a shell script, up to `end script`. */
  readonly scripts: readonly string[];
  /** Behind them a block of stanzas, up to `end guest`. */
  readonly guests: readonly string[];
  /** Behind them a command. */
  readonly commands: readonly string[];
  /** Behind them events and operators. */
  readonly conditions: readonly string[];
  /** Every other stanza, with the words that its first argument may be. */
  readonly plain: ReadonlyMap<string, readonly string[]>;
}

/** Each list has the shortest words first: `respawn limit` is not to be read as `respawn`. */
export function grammarWords(): GrammarWords {
  const scripts = new Set<string>();
  const guests = new Set<string>();
  const commands = new Set<string>();
  const conditions = new Set<string>();
  const plain = new Map<string, readonly string[]>();
  const rows = STANZAS.toSorted((a, b) => a.words.length - b.words.length);
  for (const { words, form, example } of rows) {
    if (example.endsWith('\nend script')) scripts.add(words);
    else if (form.kind === 'guest') guests.add(words);
    else if (form.kind === 'command') commands.add(words);
    else if (/^st(?:art|op) on$/.test(words)) conditions.add(words);
    else {
      const first = form.kind === 'arguments' ? form.arguments[0] : undefined;
      const choices = [...(plain.get(words) ?? []), ...(first?.type.choices ?? [])];
      plain.set(words, [...new Set(choices)]);
    }
  }
  return {
    scripts: [...scripts],
    guests: [...guests],
    commands: [...commands],
    conditions: [...conditions],
    plain,
  };
}
