/** A job as text in its own dialect: the way back from parse-job.ts, by the same stanza table. */
import type { Dialect, JobDefinition } from '../model/job.ts';
import { parseJob } from './parse-job.ts';
import { INDENT, printScript } from './print-block.ts';
import { printCondition } from './print-condition.ts';
import { printCommand, printWord } from './print-token.ts';
import type { Problem } from './raise.ts';
import { sameJob } from './same-job.ts';
import type { Argument, Stanza } from './stanzas/stanza.ts';
import { STANZAS } from './stanzas/table.ts';

/** What a dialect has no text for; `words` names the stanza, where it is one alone. */
interface Unprintable extends Problem {
  readonly words?: string;
}

export type PrintResult =
  | { readonly kind: 'printed'; readonly text: string }
  | { readonly kind: 'unprintable'; readonly problems: readonly Unprintable[] };

/**
 * The text that `parseJob` would make an equal job of (but for `file`). What cannot be said, such as
 * an empty argument or one with a line end, is a problem and never a wrong text: the text is read
 * back before it is given away.
 */
export function printJob(job: JobDefinition): PrintResult {
  const { text, problems } = writeJob(job);
  if (problems.length > 0) return { kind: 'unprintable', problems };
  const { name, dialect } = job;
  const back = parseJob({ text, file: name, name, dialect }).job;
  if (back !== undefined && sameJob(job, back)) return { kind: 'printed', text };
  const message = `Cannot be printed: ${dialect} has no stanzas that make this job`;
  return { kind: 'unprintable', problems: [{ code: 'unprintable', message }] };
}

/** The text as it comes: nothing says that it reads as the job. */
export function writeJob(job: JobDefinition): {
  readonly text: string;
  readonly problems: readonly Unprintable[];
} {
  const problems: Unprintable[] = [];
  // Upstart 0.3 refuses an empty file; a comment is enough.
  const text = printStanzas({ job, indent: '', problems }) || '# no stanzas\n';
  return { text, problems };
}

interface Printer {
  readonly job: JobDefinition;
  /** White space before each stanza. */
  readonly indent: string;
  readonly problems: Unprintable[];
}

/** In the order of the table, but what is run at the end. */
function printStanzas(printer: Printer): string {
  const { dialect } = printer.job;
  const settings: string[] = [];
  const commands: string[] = [];
  const blocks: (readonly string[])[] = [];
  for (const stanza of STANZAS) {
    if (!stanza.dialects.includes(dialect)) continue;
    const lines = stanza.form.kind === 'command' ? commands : settings;
    for (const line of linesOf(printer, stanza)) lines.push(line);
    for (const block of blocksOf(printer, stanza)) blocks.push(block);
  }
  return [settings, commands, ...blocks]
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n');
}

/** The lines that a row of the table has for the job. */
function linesOf(printer: Printer, stanza: Stanza): readonly string[] {
  const { job, indent } = printer;
  const { form, words } = stanza;
  const line = (rest: string | undefined) =>
    rest === undefined ? [] : [`${indent}${words} ${rest}`];
  switch (form.kind) {
    case 'arguments':
      return form.get(job).flatMap((values) => {
        const list = printArguments(form.arguments, values, job.dialect);
        if (list === undefined) raiseUnprintable(printer, stanza);
        return list === undefined ? [] : [indent + [words, ...list].join(' ')];
      });
    case 'condition': {
      const condition = form.get(job);
      if (condition === undefined) return [];
      return line(printCondition(condition, job.dialect) ?? raiseUnprintable(printer, stanza));
    }
    case 'command': {
      const process = job.processes[form.process];
      if (process?.kind !== 'exec') return [];
      return line(printCommand(process.text, job.dialect) ?? raiseUnprintable(printer, stanza));
    }
    case 'script':
    case 'block':
    case 'guest':
      return [];
  }
}

/** The blocks that a row of the table has for the job, each as its lines. */
function blocksOf(printer: Printer, { form, words }: Stanza): readonly (readonly string[])[] {
  const { job, indent, problems } = printer;
  if (form.kind === 'block') {
    return form.get(job).map((text) => printScript(text, { words, indent }));
  }
  if (form.kind === 'script') {
    const process = job.processes[form.process];
    return process?.kind === 'script' ? [printScript(process.text, { words, indent })] : [];
  }
  const guest = form.kind === 'guest' ? job.domain?.guest?.job : undefined;
  if (guest === undefined) return [];
  const stanzas = printStanzas({ job: guest, indent: indent + INDENT, problems });
  return [[`${indent}${words} ${guest.name}`, stanzas.replace(/\n$/, ''), `${indent}end guest`]];
}

function raiseUnprintable({ job, problems }: Printer, { words }: Stanza): undefined {
  problems.push({
    words,
    code: 'unprintable',
    message: `Cannot be printed: ${job.dialect} has no text for the value of \`${words}\``,
    hint: 'an argument cannot be empty, nor hold the end of a line',
  });
}

function printArguments(
  list: readonly Argument<unknown>[],
  values: readonly unknown[],
  dialect: Dialect,
): readonly string[] | undefined {
  const words: string[] = [];
  for (const [index, { type, count }] of list.entries()) {
    const value = values[index];
    if (value === undefined) continue;
    const several = count === 'some' || count === 'any';
    for (const one of several ? (value as readonly unknown[]) : [value]) {
      const word = printWord(type.write?.(one) ?? String(one), dialect);
      if (word === undefined) return undefined;
      words.push(word);
    }
  }
  return words;
}
