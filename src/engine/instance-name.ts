import type { Environment } from '../model/environment.ts';
import { DomstartError } from '../model/errors.ts';
import { describeProblem, expand } from '../model/expand.ts';
import type { JobDefinition } from '../model/job.ts';

/** The name that `instance` gives with this environment; '' without the stanza. Throws. */
export function instanceName(job: JobDefinition, environment: Environment): string {
  const expansion = expand(job.instance ?? '', environment);
  if (expansion.ok) return expansion.text;
  const { problem } = expansion;
  const reason =
    problem.kind === 'unknown-parameter'
      ? `its instance name "${job.instance}" needs the variable ${problem.name}, which is not set`
      : `its instance name "${job.instance}" cannot be expanded: ${describeProblem(problem)}`;
  throw new DomstartError('variable-missing', `cannot find an instance of ${job.name}: ${reason}`, {
    hint: hintFor(job, problem.kind === 'unknown-parameter' ? problem.name : undefined),
    // In Upstart's own words, for those who speak to scripts that know them.
    cause: new Error(describeProblem(problem)),
  });
}

function hintFor(job: JobDefinition, variable: string | undefined): string {
  if (job.usage !== undefined) return `usage: ${job.usage}`;
  return variable === undefined
    ? 'correct the instance stanza of the job'
    : `give it with the event or the command, as ${variable}=VALUE, or as a default with env`;
}
