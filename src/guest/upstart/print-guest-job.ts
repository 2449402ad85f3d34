import { isOldJob } from '../../language/job-file-names.ts';
import { printJob } from '../../language/print-job.ts';
import { matches } from '../../model/condition.ts';
import type { GuestSpec } from '../../model/domain.ts';
import { DomstartError } from '../../model/errors.ts';
import type { JobDefinition } from '../../model/job.ts';
import type { UpstartInit } from './layout.ts';

/** The job as its Upstart reads it. Throws `job-invalid`. */
export function printGuestJob({ job, init }: GuestSpec): string {
  if (init === 'event.d' && !isOldJob(job.name)) {
    const message = `Upstart 0.3 takes the file ${job.name} for a leftover, and does not read it`;
    throw new DomstartError('job-invalid', message, { hint: 'give the guest another name' });
  }
  const printed = printJob(job);
  if (printed.kind === 'printed') return printed.text;
  const why = printed.problems.map(({ message }) => message).join('; ');
  throw new DomstartError('job-invalid', `the guest's job ${job.name} cannot be written: ${why}`);
}

/** Events that come by themselves where no other job runs. */
const COMING: Readonly<Record<UpstartInit, readonly string[]>> = {
  'event.d': ['startup', 'stalled'],
  init: ['startup'],
};

/** What to tell of a job that would wait for ever, as all others are off. */
export function waitsInVain(job: JobDefinition, init: UpstartInit): string | undefined {
  const { name, startOn } = job;
  const hint = 'write `start on startup`';
  if (startOn === undefined) return `nothing starts ${name}, as it has no \`start on\`: ${hint}`;
  const events = Array.from(matches(startOn), ({ event }) => event);
  if (events.some((event) => COMING[init].some((coming) => coming === event))) return undefined;
  const names = events.join(', ');
  return `${name} waits for ${names}, which nobody emits where all other jobs are off: ${hint}`;
}
