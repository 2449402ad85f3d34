import type { JobDefinition } from './job.ts';

/**
 * The job as it is run: each file of a spool has an instance of its own, named by its run, where the job
 * does not say otherwise; it may be started by events as well.
 */
export function withSpool(job: JobDefinition): JobDefinition {
  if (job.spool === undefined || job.instance !== undefined) return job;
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Upstart's own expansion, empty without RUN
  return { ...job, instance: '${RUN:-}' };
}
