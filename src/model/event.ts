import { formatVariable, type Variable } from './environment.ts';

/** Something that happened: a name and its variables in order (Upstart's event.h). */
export interface Event {
  readonly name: string;
  readonly variables: readonly Variable[];
  /** How jobs of Upstart 0.3 see it, where that is not what `oldView` makes of the variables. */
  readonly old?: OldView;
}

/** An event of Upstart 0.3: its arguments in order, and an environment besides. */
export interface OldView {
  readonly arguments: readonly string[];
  readonly environment: readonly Variable[];
}

export function createEvent(
  name: string,
  variables: readonly Variable[] = [],
  old?: OldView,
): Event {
  return old === undefined ? { name, variables } : { name, variables, old };
}

/** What a job of Upstart 0.3 sees: a variable of 1.x is both an argument and in the environment. */
export function oldView({ variables, old }: Event): OldView {
  return old ?? { arguments: variables.map(({ value }) => value), environment: variables };
}

/** `NAME KEY=VALUE …`, for people; arguments of 0.3 stand before the variables. */
export function formatEvent(event: Event): string {
  return [event.name, ...bareArguments(event), ...event.variables.map(formatVariable)].join(' ');
}

/**
 * The arguments that an event of 0.3 was given beside its variables. Of an event that both Upstarts
 * emit, each in its own way, the variables say all.
 */
function bareArguments({ variables, old }: Event): readonly string[] {
  if (old === undefined || old.environment.length !== variables.length) return [];
  const isSame = old.environment.every(({ name, value }, at) => {
    return name === variables[at]?.name && value === variables[at].value;
  });
  return isSame ? old.arguments : [];
}
