import { DomstartError } from '../model/errors.ts';
import type { JobDefinition } from '../model/job.ts';

/**
 * Throws `not-supported` where a job wants what only one vendor's init does, and would not be what
 * its file says without it. `import` changes nothing here, where every variable of an event reaches
 * the job.
 */
export function refuseVendor({ name, tmpfiles = [] }: JobDefinition): void {
  if (tmpfiles.length === 0) return;
  throw new DomstartError('not-supported', `job ${name}: \`tmpfiles\` is not built`, {
    hint: 'run `systemd-tmpfiles --create FILE` in a `pre-start` of the job',
  });
}
