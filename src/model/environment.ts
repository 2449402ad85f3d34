/**
 * Environment tables and event variables (Upstart's environ.c; UPSTART.md, section 15).
 *
 * An event carries an ordered *list* of variables, because operands without a name match by
 * position and because the first of two equal names counts there. A process or instance has a
 * *table*: adding a name again replaces its value in place, so a JavaScript Map has exactly the
 * order that Upstart has.
 */

export interface Variable {
  readonly name: string;
  readonly value: string;
}

export type Environment = ReadonlyMap<string, string>;

/** `KEY=VALUE` as a variable; undefined where there is no `=`. */
export function parseVariable(text: string): Variable | undefined {
  const at = text.indexOf('=');
  return at < 0 ? undefined : { name: text.slice(0, at), value: text.slice(at + 1) };
}

export function formatVariable(variable: Variable): string {
  return `${variable.name}=${variable.value}`;
}

/** The table with `variables` added one after the other. */
export function extend(table: Environment, variables: Iterable<Variable>): Environment {
  const result = new Map(table);
  for (const { name, value } of variables) result.set(name, value);
  return result;
}

/**
 * The table with the `env` stanzas of a job added in file order. A bare `NAME` takes its value
 * from `outer` (init's own environment); where that has none, an existing entry is removed.
 */
export function extendByStanzas(
  table: Environment,
  stanzas: readonly string[],
  outer: Environment,
): Environment {
  const result = new Map(table);
  for (const text of stanzas) {
    const variable = parseVariable(text) ?? bareVariable(text, outer);
    if (variable === undefined) result.delete(text);
    else result.set(variable.name, variable.value);
  }
  return result;
}

function bareVariable(name: string, outer: Environment): Variable | undefined {
  const value = outer.get(name);
  return value === undefined ? undefined : { name, value };
}
