import type { Environment } from '../model/environment.ts';
import { DomstartError } from '../model/errors.ts';
import { describeProblem, expand } from '../model/expand.ts';

/** The pattern of a stanza, expanded. Throws `variable-missing`. */
export function expandPattern(pattern: string, environment: Environment, stanza: string): string {
  const expansion = expand(pattern, environment);
  if (expansion.ok) return expansion.text;
  const { problem } = expansion;
  throw new DomstartError('variable-missing', `\`${stanza}\`: ${describeProblem(problem)}`, {
    hint:
      problem.kind === 'unknown-parameter'
        ? `give it with the event (${problem.name}=…), or a default with \`env ${problem.name}=…\``
        : 'write $NAME, or in braces behind the dollar sign NAME or NAME:-default',
  });
}
