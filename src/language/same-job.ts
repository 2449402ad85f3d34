import type { JobDefinition } from '../model/job.ts';

/** Whether two jobs are equal in everything but the files they were read from. */
export function sameJob(one: JobDefinition, other: JobDefinition): boolean {
  return canonical(one) === canonical(other);
}

/** A job is plain JSON; what differs in text is only the order of its fields. */
function canonical(job: JobDefinition): string {
  return JSON.stringify(job, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const fields = Object.entries(value).filter(
      ([name]) => !('dialect' in value && name === 'file'),
    );
    return Object.fromEntries(fields.sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
