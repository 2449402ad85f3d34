/**
 * What the two kinds of Upstart tell about an event. In 0.3 an event has arguments, which a job
 * matches by position; since 0.5 it has variables, which a job matches by name or position.
 */

interface KnownEvent {
  /** The variables that stand for its arguments in 0.3, in their order. */
  readonly old: readonly string[];
  /** Its variables since 0.5, in their order. */
  readonly modern: readonly string[];
}

const START: KnownEvent = { old: ['JOB'], modern: ['JOB', 'INSTANCE'] };
const STOP: KnownEvent = {
  old: ['JOB', 'RESULT', 'PROCESS'],
  modern: ['JOB', 'INSTANCE', 'RESULT', 'PROCESS'],
};
const KNOWN: ReadonlyMap<string, KnownEvent> = new Map([
  ['runlevel', { old: ['RUNLEVEL'], modern: ['RUNLEVEL', 'PREVLEVEL'] }],
  ['starting', START],
  ['started', START],
  ['stopping', STOP],
  ['stopped', STOP],
]);

/** The same event under its name of 0.3 and of later. */
const RENAMED: readonly (readonly [old: string, modern: string])[] = [
  ['kbdrequest', 'keyboard-request'],
];

/** Events that Upstart 0.3 or its tools emit, and later ones do not. */
export const ONLY_OLD: readonly string[] = ['stalled', 'shutdown'];

/** A failed event has what the event had. */
export function knownEvent(name: string): KnownEvent | undefined {
  return KNOWN.get(name.replace(/\/failed$/, ''));
}

export function modernName(name: string): string {
  return RENAMED.find(([old]) => old === name)?.[1] ?? name;
}

export function oldName(name: string): string {
  return RENAMED.find(([, modern]) => modern === name)?.[0] ?? name;
}
