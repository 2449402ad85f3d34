import { JobFileError, loadJobs } from '../embed/load-jobs.ts';
import { notInXenConfig, toXenConfig } from '../language/xen/to-config.ts';
import type { DomainSpec } from '../model/domain.ts';
import { extend, extendByStanzas, parseVariable, type Variable } from '../model/environment.ts';
import { DomstartError } from '../model/errors.ts';
import { describeProblem } from '../model/expand.ts';
import { expandDomain } from '../model/expand-domain.ts';
import type { JobDefinition } from '../model/job.ts';
import { EXIT } from './exit-codes.ts';
import { fail, print, say } from './output.ts';

/** `domstart export xen JOB [KEY=VALUE…]`: prints the xl.cfg of the job's domain. */
export async function exportXen(path: string, words: readonly string[]): Promise<number> {
  const variables = words.map(variableOf);
  let jobs: readonly JobDefinition[];
  try {
    jobs = await loadJobs(path);
  } catch (error) {
    if (error instanceof JobFileError) say(error.render());
    return fail(error);
  }
  const { job, domain } = onlyDomain(path, jobs);
  const expansion = expandDomain(domain, environmentOf(job, variables));
  if (!expansion.ok) throw missingVariable(path, expansion);
  const rest = notInXenConfig(domain).map((words) => `\`${words}\``);
  const comments = [`The domain of ${job.name}, without ${rest.join(', ')}.`];
  print(toXenConfig(expansion.domain, { name: job.name, comments }).trimEnd());
  return EXIT.ok;
}

function variableOf(word: string): Variable {
  const variable = parseVariable(word);
  if (variable !== undefined) return variable;
  throw new DomstartError('variable-missing', `${word} is no variable`, {
    hint: `write ${word}=VALUE`,
  });
}

/** What the event gives goes before the job's own `env`. */
function environmentOf(job: JobDefinition, variables: readonly Variable[]) {
  const outer = new Map<string, string>();
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined) outer.set(name, value);
  }
  return extend(extendByStanzas(new Map(), job.env, outer), variables);
}

interface DomainJob {
  readonly job: JobDefinition;
  readonly domain: DomainSpec;
}

function onlyDomain(path: string, jobs: readonly JobDefinition[]): DomainJob {
  const found = jobs.flatMap((job) =>
    job.domain === undefined ? [] : [{ job, domain: job.domain }],
  );
  const [first, ...others] = found;
  if (first !== undefined && others.length === 0) return first;
  const message =
    first === undefined
      ? `${path} has no domain that could be exported`
      : `export takes one job, and ${path} holds ${found.length} with a domain`;
  throw new DomstartError('job-unknown', message, { hint: 'name the file of one domain job' });
}

function missingVariable(
  path: string,
  { stanza, problem }: Extract<ReturnType<typeof expandDomain>, { ok: false }>,
): DomstartError {
  return new DomstartError(
    'variable-missing',
    `${path}: \`${stanza}\`: ${describeProblem(problem)}`,
    {
      hint:
        problem.kind === 'unknown-parameter'
          ? `give it: domstart export xen ${path} ${problem.name}=VALUE`
          : 'write $NAME, or in braces behind the dollar sign NAME or NAME:-default',
    },
  );
}
