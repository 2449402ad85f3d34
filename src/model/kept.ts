import { DomstartError } from './errors.ts';
import type { JobDefinition } from './job.ts';

/** Those with a domain get `domain keep-on-failure SECONDS`. Throws `job-invalid` where none has one. */
export function keptOnFailure(
  jobs: readonly JobDefinition[],
  seconds: number,
): readonly JobDefinition[] {
  if (jobs.every(({ domain }) => domain === undefined)) {
    throw new DomstartError('job-invalid', 'there is no domain that could be kept', {
      hint: 'processes of this host are not kept: take --keep-on-failure away',
    });
  }
  return jobs.map(({ domain, ...job }) =>
    domain === undefined ? job : { ...job, domain: { ...domain, keepOnFailure: seconds } },
  );
}
