/** A row of the stanza table in words, for the manual. */
import type { Dialect } from '../../model/job.ts';
import { parseJob } from '../parse-job.ts';
import type { Argument, Stanza } from '../stanzas/stanza.ts';
import { listed } from '../stanzas/words.ts';

/** `kill timeout SECONDS`, `emits EVENT…`, `exec COMMAND`. */
export function syntaxOf({ words, form }: Stanza): string {
  switch (form.kind) {
    case 'arguments':
      return [words, ...form.arguments.map(placeOf)].join(' ');
    case 'condition':
      return `${words} EVENT [[NAME=]PATTERN…] [and|or …]`;
    case 'command':
      return `${words} COMMAND`;
    case 'script':
      return `${words} … end script`;
    case 'guest':
      return `${words} NAME … end guest`;
    default:
      return words;
  }
}

function placeOf({ name, count }: Argument<unknown>): string {
  if (count === 'one') return name;
  if (count === 'some') return `${name}…`;
  return count === 'any' ? `[${name}…]` : `[${name}]`;
}

/** One line for each argument of which there is more to say than its name. */
export function argumentsOf({ form }: Stanza): readonly string[] {
  if (form.kind !== 'arguments') return [];
  return form.arguments.flatMap((argument) => {
    const { name, count } = argument;
    const values = valuesOf(argument);
    const needed = typeof count === 'object' ? `left out behind \`${count.unless}\`` : undefined;
    const told = [values, needed].filter((part) => part !== undefined);
    const whole = told.join('; ');
    return whole === '' || whole === `\`${name}\`` ? [] : [`\`${name}\`: ${whole}`];
  });
}

function valuesOf({ type }: Argument<unknown>): string | undefined {
  if (type.expects !== undefined) return type.expects;
  return type.choices && listed(type.choices.map((choice) => `\`${choice}\``));
}

/**
 * What a second one does, found out by giving the example twice: the manual cannot say anything
 * else than the parser does. Undefined where nothing is worth saying.
 */
export function repetitionOf(stanza: Stanza): string | undefined {
  const { once, dialects, form } = stanza;
  if (form.kind === 'arguments' && form.end === 'unchecked') return undefined;
  const free = dialects.filter((dialect) => once?.dialect !== dialect);
  const rules: string[] = [];
  const [dialect] = free;
  if (dialect !== undefined && hasValue(stanza)) {
    rules.push(addsUp(stanza, dialect) ? 'each one adds to those above it' : lastCounts(stanza));
  }
  if (once !== undefined) {
    const where = free.length === 0 ? '' : `in ${once.dialect} `;
    const each = once.eachFirst ? ' with the same first argument' : '';
    rules.push(`${where}a second one${each} is an error`);
  }
  return rules.length === 0 ? undefined : rules.join('; ');
}

function lastCounts({ once }: Stanza): string {
  return once?.eachFirst ? 'the last one for each first argument counts' : 'the last one counts';
}

function hasValue({ form }: Stanza): boolean {
  return form.kind !== 'arguments' || form.arguments.length > 0;
}

/** Of a domain in which every stanza of one has its place. */
const REST_OF_DOMAIN = `
image from debootstrap bookworm
guest NAME
    exec true
end guest
`;

function addsUp({ example, domain }: Stanza, dialect: Dialect): boolean {
  const rest = domain ? REST_OF_DOMAIN : '';
  const jobOf = (text: string) =>
    JSON.stringify(parseJob({ text: text + rest, file: 'x.conf', dialect }).job);
  return jobOf(example) !== jobOf(`${example}\n${example}`);
}
