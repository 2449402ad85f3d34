import { constants } from 'node:os';

/** The number of a signal that a job names (without SIG) or numbers. */
export function signalNumber(signal: string | number): number {
  if (typeof signal === 'number') return signal;
  const name = signal === 'CLD' ? 'SIGCHLD' : `SIG${signal}`;
  return constants.signals[name as NodeJS.Signals];
}

/** `SIGTERM`, or its number, as a job names it: `TERM`. Real-time signals have no name. */
export function signalName(signal: NodeJS.Signals | number): string {
  const name = typeof signal === 'number' ? nameOf(signal) : signal;
  return name.replace(/^SIG/, '');
}

function nameOf(number: number): string {
  const found = Object.entries(constants.signals).find((entry) => entry[1] === number);
  return found?.[0] ?? String(number);
}
