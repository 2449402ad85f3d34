import type { RE2JS } from 're2js';
import type { ConsoleSpec, PatternText } from '../../model/domain.ts';
import type { Variable } from '../../model/environment.ts';
import { DomstartError, messageOf } from '../../model/errors.ts';

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
 * Patterns are matched by RE2, in a time that grows with the line and not beyond: the line is the
 * guest's, and nothing else here goes on meanwhile. Rejects with a DomstartError where a pattern
 * cannot be used.
 */
export async function createConsoleWatch(spec: ConsoleSpec): Promise<(line: string) => Sighting> {
  if (spec.ready.length + spec.fail.length + spec.watch.length === 0) return () => NOTHING;
  const compile = await loadCompiler();
  const ready = spec.ready.map(compile);
  const fail = spec.fail.map((pattern) => ({ pattern, expression: compile(pattern) }));
  const watch = spec.watch.map((rule) => ({ rule, expression: compile(rule.pattern) }));

  function findEvent(line: string): Sighting['event'] {
    for (const { rule, expression } of watch) {
      const match = expression.matcher(line);
      if (!match.find()) continue;
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

const NOTHING: Sighting = { ready: false };

/** Loaded here: most jobs have no pattern and must not pay for it. */
async function loadCompiler(): Promise<(pattern: PatternText) => RE2JS> {
  const { RE2JS } = await import('re2js');
  return (pattern) => {
    try {
      return RE2JS.compile(RE2JS.translateRegExp(pattern));
    } catch (error) {
      throw new DomstartError(
        'job-invalid',
        `the console pattern ${pattern} cannot be used: ${messageOf(error)}`,
        { hint: 'patterns are what RE2 and JavaScript both know', cause: error },
      );
    }
  };
}

/** `$0` is the whole match, `$1` … its groups; a group that took no part is empty. */
function substitute(value: string, match: ReturnType<RE2JS['matcher']>): string {
  return value.replace(/\$(\d{1,2})/g, (_, digits: string) => {
    const group = Number(digits);
    return group > match.groupCount() ? '' : (match.group(group) ?? '');
  });
}
