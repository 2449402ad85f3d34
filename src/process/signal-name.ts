import { constants } from 'node:os';

/** The number of a signal that a job names (without SIG) or numbers. */
export function signalNumber(signal: string | number): number {
  if (typeof signal === 'number') return signal;
  const name = signal === 'CLD' ? 'SIGCHLD' : `SIG${signal}`;
  return constants.signals[name as NodeJS.Signals];
}

/** `SIGTERM` as a job names it: `TERM`. */
export function signalName(signal: NodeJS.Signals): string {
  return signal.replace(/^SIG/, '');
}
