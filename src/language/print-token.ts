/** Tokens as text: the way back from read-token.ts. */
import type { Dialect } from '../model/job.ts';
import { createCursor } from './cursor.ts';
import { readToken } from './read-token.ts';
import { createSource } from './source.ts';

type Reading = Parameters<typeof readToken>[1];

const NEEDS_QUOTES = { word: /[ \t\r\0#"']/, operand: /[ \t\r\0#"'()]/ };
/** What may stand before the quotes: `A="b c"` is easier to read than `"A=b c"`. */
const ASSIGNMENT = /^([A-Za-z_][A-Za-z0-9_]*!?=)(.+)$/s;
/** Before anything else a backslash stands for itself in 1.x; 0.3.x drops it everywhere. */
const BACKSLASH = { old: /\\/g, modern: /\\(?=[\\ \t\r\0"']|$)/g };

/** The word that reads as `value`, in quotes where it must be; undefined where nothing does. */
export function printWord(value: string, dialect: Dialect): string | undefined {
  const text = write('word', value, dialect);
  return readsAs(value, text, { reading: { as: 'word' }, dialect }) ? text : undefined;
}

/** The same in `start on`, where parentheses and the words `and` and `or` need quotes too. */
export function printOperand(value: string, dialect: Dialect): string | undefined {
  const operator = value === 'and' || value === 'or';
  const text = operator ? `"${value}"` : write('operand', value, dialect);
  return readsAs(value, text, { reading: { as: 'operand' }, dialect }) ? text : undefined;
}

/** A command is kept as it was written; undefined where it would not be read as one command. */
export function printCommand(text: string, dialect: Dialect): string | undefined {
  return readsAs(text, text, { reading: { as: 'command', raw: true }, dialect }) ? text : undefined;
}

function write(as: 'word' | 'operand', value: string, dialect: Dialect): string {
  const [, name = '', rest = value] = ASSIGNMENT.exec(value) ?? [];
  const escaped = (part: string) =>
    part.replaceAll(dialect === 'event.d' ? BACKSLASH.old : BACKSLASH.modern, '\\\\');
  if (!NEEDS_QUOTES[as].test(rest)) return name + escaped(rest);
  return (
    name +
    quotable(rest)
      .map((part) => quoteFor(part) + escaped(part) + quoteFor(part))
      .join('')
  );
}

/** Pieces that hold one kind of quotes at most; they are read as one word. */
function quotable(text: string): readonly string[] {
  return text.includes("'") ? (text.match(/[^"]+|[^']+/g) ?? []) : [text];
}

function quoteFor(part: string): string {
  return part.includes('"') ? "'" : '"';
}

interface ReadBack {
  readonly reading: Reading;
  readonly dialect: Dialect;
}

/** The tokens' own rules decide whether a text says what it should. */
function readsAs(value: string, text: string, { reading, dialect }: ReadBack): boolean {
  const cursor = createCursor({ source: createSource(text), dialect, diagnostics: [] });
  return readToken(cursor, reading)?.text === value && cursor.at === cursor.end;
}
