import type { ConsoleSpec, PatternText } from '../../model/domain.ts';
import type { Variable } from '../../model/environment.ts';
import { DomstartError } from '../../model/errors.ts';

/** What one line of the console meant to the rules. */
export interface Sighting {
  readonly ready: boolean;
  /** The `console fail` pattern that matched. */
  readonly fail?: PatternText;
  /** Of the first `console watch` rule that matched. */
  readonly event?: { readonly name: string; readonly variables: readonly Variable[] };
}

/**
 * The `console ready|fail|watch` rules of a job as a function from a whole line to what it means.
 * Throws a DomstartError where a pattern is no regular expression.
 */
export function createConsoleWatch(spec: ConsoleSpec): (line: string) => Sighting {
  const ready = spec.ready.map(compile);
  const fail = spec.fail.map((pattern) => ({ pattern, expression: compile(pattern) }));
  const watch = spec.watch.map((rule) => ({ rule, expression: compile(rule.pattern) }));

  function findEvent(line: string): Sighting['event'] {
    for (const { rule, expression } of watch) {
      const match = expression.exec(line);
      if (match === null) continue;
      const variables = rule.variables.map(({ name, value }) => ({
        name,
        value: substitute(value, match),
      }));
      return { name: rule.event, variables };
    }
    return undefined;
  }

  return (line) => {
    const failed = fail.find(({ expression }) => expression.test(line));
    const event = findEvent(line);
    return {
      ready: ready.some((expression) => expression.test(line)),
      ...(failed !== undefined && { fail: failed.pattern }),
      ...(event !== undefined && { event }),
    };
  };
}

function compile(pattern: PatternText): RegExp {
  try {
    return new RegExp(pattern);
  } catch (error) {
    throw new DomstartError('job-invalid', `the console pattern ${pattern} cannot be used`, {
      hint: 'see the list of what a pattern may hold: JavaScript regular expressions',
      cause: error,
    });
  }
}

/** `$0` is the whole match, `$1` … its groups; a group that took no part is empty. */
function substitute(value: string, match: RegExpExecArray): string {
  return value.replace(/\$(\d{1,2})/g, (_, digits: string) => match[Number(digits)] ?? '');
}
