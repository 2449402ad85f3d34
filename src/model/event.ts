import { formatVariable, type Variable } from './environment.ts';

/** Something that happened: a name and its variables in order (Upstart's event.h). */
export interface Event {
  readonly name: string;
  readonly variables: readonly Variable[];
}

export function createEvent(name: string, variables: readonly Variable[] = []): Event {
  return { name, variables };
}

/** `NAME KEY=VALUE …`, for people. */
export function formatEvent(event: Event): string {
  return [event.name, ...event.variables.map(formatVariable)].join(' ');
}
