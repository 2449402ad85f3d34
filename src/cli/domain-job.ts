import { JobFileError, loadJobs } from '../embed/load-jobs.ts';
import type { DomainSpec } from '../model/domain.ts';
import {
  type Environment,
  extend,
  extendByStanzas,
  parseVariable,
  type Variable,
} from '../model/environment.ts';
import { DomstartError } from '../model/errors.ts';
import type { JobDefinition } from '../model/job.ts';
import { say } from './output.ts';

/** A job whose main process is a domain, with the variables that its stanzas see. */
export interface DomainJob {
  readonly job: JobDefinition;
  readonly domain: DomainSpec;
  readonly environment: Environment;
}

/**
 * The one domain job of a file, with `KEY=VALUE` words as an event would give them: they go before
 * the job's own `env`. Tells what is wrong with the file before it throws.
 */
export async function loadDomainJob(path: string, words: readonly string[]): Promise<DomainJob> {
  const variables = words.map(variableOf);
  const { job, domain } = onlyDomain(path, await load(path));
  return { job, domain, environment: environmentOf(job, variables) };
}

async function load(path: string): Promise<readonly JobDefinition[]> {
  try {
    return await loadJobs(path);
  } catch (error) {
    if (error instanceof JobFileError) say(error.render());
    throw error;
  }
}

function variableOf(word: string): Variable {
  const variable = parseVariable(word);
  if (variable !== undefined) return variable;
  throw new DomstartError('variable-missing', `${word} is no variable`, {
    hint: `write ${word}=VALUE`,
  });
}

function environmentOf(job: JobDefinition, variables: readonly Variable[]): Environment {
  const outer = new Map<string, string>();
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined) outer.set(name, value);
  }
  return extend(extendByStanzas(new Map(), job.env, outer), variables);
}

function onlyDomain(
  path: string,
  jobs: readonly JobDefinition[],
): { readonly job: JobDefinition; readonly domain: DomainSpec } {
  const found = jobs.flatMap((job) =>
    job.domain === undefined ? [] : [{ job, domain: job.domain }],
  );
  const [first, ...others] = found;
  if (first !== undefined && others.length === 0) return first;
  const message =
    first === undefined
      ? `${path} has no job with a domain`
      : `this takes one job, and ${path} holds ${found.length} with a domain`;
  throw new DomstartError('job-unknown', message, { hint: 'name the file of one domain job' });
}
