import type { Variable } from './environment.ts';

/** Something that happened: a name and its variables in order (Upstart's event.h). */
export interface Event {
  readonly name: string;
  readonly variables: readonly Variable[];
}

export function createEvent(name: string, variables: readonly Variable[] = []): Event {
  return { name, variables };
}

/** The first variable of that name: the one that counts in matching. */
export function valueOf(event: Event, name: string): string | undefined {
  return event.variables.find((variable) => variable.name === name)?.value;
}

/** `NAME KEY=VALUE …`, for people. */
export function formatEvent(event: Event): string {
  return [event.name, ...event.variables.map((v) => `${v.name}=${v.value}`)].join(' ');
}
