import { INT_MAX } from './numbers.ts';
import { type ArgumentType, type Refusal, refuse } from './stanza.ts';

/** The names that Upstart knows, and those that two names share a number. */
const SIGNALS =
  `HUP INT QUIT ILL TRAP ABRT IOT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CLD
  CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO POLL PWR SYS`.split(/\s+/);
const SAME: Readonly<Record<string, string>> = { IOT: 'ABRT', CLD: 'CHLD', POLL: 'IO' };

/** A signal's name without SIG (one name for each signal), or a number. */
function readSignal(text: string): string | number | undefined {
  const name = text.startsWith('SIG') ? text.slice(3) : text;
  if (SIGNALS.includes(name)) return SAME[name] ?? name;
  const digits = /^[ \t\n\v\f\r]*\+?([0-9]+)$/.exec(text)?.[1];
  const number = Number(digits ?? Number.NaN);
  return number <= INT_MAX ? number : undefined;
}

function hintFor(text: string): string {
  const name = text.toUpperCase().replace(/^SIG/, '');
  if (SIGNALS.includes(name)) return `signal names are written in capitals: \`${name}\``;
  return 'a signal such as TERM or SIGTERM, or a number';
}

export const signal: ArgumentType<string | number> = {
  choices: SIGNALS,
  expects: 'a signal such as TERM or SIGTERM, or its number',
  read: (text): string | number | Refusal =>
    readSignal(text) ??
    refuse('illegal-signal', 'Illegal signal status, expected integer', hintFor(text)),
};

export const exitStatus: ArgumentType<string | number> = {
  choices: SIGNALS,
  expects: 'an exit status, or a signal such as TERM or SIGTERM',
  read: (text): string | number | Refusal =>
    readSignal(text) ??
    refuse('illegal-exit-status', 'Illegal exit status, expected integer', hintFor(text)),
};
