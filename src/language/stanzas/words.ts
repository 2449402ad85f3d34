/** Arguments that are words or texts. */
import { nonLinearPart } from './linear-pattern.ts';
import { type ArgumentType, refuse } from './stanza.ts';

export const text: ArgumentType<string> = { read: (value) => value };

/** One of some words. Upstart calls any other word an unknown stanza. */
export function choice<const C extends string>(...choices: readonly C[]): ArgumentType<C> {
  return {
    choices,
    read: (value) =>
      choices.find((known) => known === value) ??
      refuse(
        'unknown-stanza',
        `Unknown stanza: \`${value.slice(0, 60)}\``,
        `expected ${listed(choices)}`,
      ),
  };
}

export function listed(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} or ${last}`;
}

/** A word that must stand between two arguments. */
export function keyword<const W extends string>(word: W): ArgumentType<W> {
  return {
    choices: [word],
    read: (value) =>
      value === word
        ? word
        : refuse('expected-keyword', `Expected \`${word}\``, `write \`${word}\` here`),
  };
}

/** A text of a certain look. */
export function matching(look: RegExp, expected: string): ArgumentType<string> {
  return {
    expects: expected,
    read: (value) =>
      look.test(value)
        ? value
        : refuse('illegal-argument', `Illegal argument, expected ${expected}`),
  };
}

/** An address of a network, or a variable that holds one. */
export const address = matching(
  /^(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]+)$|\$/,
  'an address: 10.0.0.1',
);

/**
 * A regular expression, kept as text, because a job definition is plain JSON. One that is sound in
 * JavaScript and that RE2 can match: a line of a guest must not keep us busy for ever.
 */
export const pattern: ArgumentType<string> = {
  expects: 'a regular expression as JavaScript has them, without look-around and back references',
  read: (value) => {
    try {
      new RegExp(value, 'u');
    } catch (error) {
      const reason = String(error).replace(/^.*: /s, '');
      return refuse('illegal-pattern', `Illegal regular expression: ${reason}`);
    }
    const part = nonLinearPart(value);
    return part === undefined
      ? value
      : refuse('illegal-pattern', `Illegal regular expression: it holds ${part}`);
  },
};

const VARIABLE = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s;

/** `NAME=VALUE`. */
export const assignment: ArgumentType<{ readonly name: string; readonly value: string }> = {
  expects: '`NAME=VALUE`',
  read: (value) => {
    const [, name, rest] = VARIABLE.exec(value) ?? [];
    return name === undefined || rest === undefined
      ? refuse('illegal-argument', 'Illegal argument, expected NAME=VALUE')
      : { name, value: rest };
  },
  write: ({ name, value }) => `${name}=${value}`,
};
